-- tinySSB for Wireshark and tshark (README.md says how to install it; PROTOCOL.md is what it knows).
--
-- Most of what one wants to know of a packet is not in it: an entry travels without its feed and number, a blob without
-- its pointer. Both are bound to it by hashes, so this dissector follows feeds and side chains as a replica does. A feed
-- becomes known by a request for it; its first entry must then have a certain DMX, and each entry says what DMX the next
-- one has. A packet that came too early is placed once what it follows is known: the second pass shows it. Signatures
-- are not checked.
--
-- Captures of `tssb` have a comment a packet that tells its fate, and in a simulation the names of nodes too.

local tinyssb = Proto("tinyssb", "tinySSB")

local ENTRY_SIZE, DMX_SIZE, FEED_SIZE, POINTER_SIZE = 120, 7, 32, 20
local HEAD_SIZE, PIECE_SIZE = 28, 100 -- of a side chain's content, in the entry and in each blob
local PACKET_SIZE = 250 -- nobody reads more
local CHAIN_END = string.rep("\0", POINTER_SIZE)
local PREFIX = "tinyssb-v0"

-- What is kept is bounded: so many different packets, feeds, pointers. Later ones are shown, and teach nothing.
local KEPT_MAX = 500000
local FORKS_MAX = 8 -- different packets for one place in a feed
local FRAMES_SHOWN = 64 -- blobs of one chain

--------------------------------------------------------------------------------------------------------- SHA-256 --
-- FIPS 180-4. Words are numbers from 0 to 2^32 - 1.

local bits = bit32 or bit
local band, bxor, bnot, shift, rotate = bits.band, bits.bxor, bits.bnot, bits.rshift, bits.rrotate or bits.ror
local WORD = 4294967296

-- The first 32 bits of the fractional parts of roots of the first `count` primes.
local function roots(count, exponent)
    local words, candidate = {}, 2
    while #words < count do
        local prime = true
        for divisor = 2, math.floor(math.sqrt(candidate)) do
            prime = prime and candidate % divisor ~= 0
        end
        if prime then
            words[#words + 1] = math.floor(candidate ^ exponent % 1 * WORD)
        end
        candidate = candidate + 1
    end
    return words
end

local INITIAL, ROUND = roots(8, 1 / 2), roots(64, 1 / 3)

local function be32(word)
    return string.char(math.floor(word / 16777216) % 256, math.floor(word / 65536) % 256, math.floor(word / 256) % 256,
        word % 256)
end

local function read_be(bytes)
    local number = 0
    for i = 1, #bytes do
        number = number * 256 + bytes:byte(i)
    end
    return number
end

local function expand(message, at, w)
    for i = 1, 16 do
        w[i] = read_be(message:sub(at + 4 * i - 4, at + 4 * i - 1))
    end
    for i = 17, 64 do
        local x, y = w[i - 15], w[i - 2]
        w[i] = (w[i - 16] + bxor(rotate(x, 7), rotate(x, 18), shift(x, 3)) + w[i - 7]
            + bxor(rotate(y, 17), rotate(y, 19), shift(y, 10))) % WORD
    end
end

local function compress(hash, w)
    local a, b, c, d, e, f, g, h = hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7], hash[8]
    for i = 1, 64 do
        local one = h + bxor(rotate(e, 6), rotate(e, 11), rotate(e, 25)) + bxor(band(e, f), band(bnot(e), g))
            + ROUND[i] + w[i]
        local two = bxor(rotate(a, 2), rotate(a, 13), rotate(a, 22)) + bxor(band(a, b), band(a, c), band(b, c))
        a, b, c, d, e, f, g, h = (one + two) % WORD, a, b, c, (d + one) % WORD, e, f, g
    end
    for i, word in ipairs({ a, b, c, d, e, f, g, h }) do
        hash[i] = (hash[i] + word) % WORD
    end
end

local function sha256(message)
    local hash, w = { (table.unpack or unpack)(INITIAL) }, {}
    message = message .. "\128" .. string.rep("\0", (55 - #message) % 64 + 4) .. be32(#message * 8)
    for at = 1, #message, 64 do
        expand(message, at, w)
        compress(hash, w)
    end
    for i = 1, 8 do
        hash[i] = be32(hash[i])
    end
    return table.concat(hash)
end

local function dmx_of(text)
    return sha256(text):sub(1, DMX_SIZE)
end

local NEED_DMX = dmx_of(PREFIX .. "blobs")

------------------------------------------------------------------------------------------------- what is followed --

-- feeds:    feed ID -> the DMX of its WANT and RANGE
-- packets:  bytes -> what is known of that packet: its kind, the frame that had it first, and more by kind
-- places:   DMX -> the place in a feed of the entry that has it: feed, seq, prev
-- early:    DMX -> packets of 120 B that have no place yet
-- pointers: pointer -> its packet, if it was seen; what named it, if anything did: chain (an entry), index (from 1)
-- authors:  feed ID -> the name of a node, from comments
local known

function tinyssb.init()
    known = { kept = 0, feeds = {}, packets = {}, places = {}, early = {}, pointers = {}, authors = {} }
end

-- Puts a value into one of the tables, where there is room.
local function keep(table_name, key, value)
    if known.kept < KEPT_MAX then
        known.kept = known.kept + 1
        known[table_name][key] = value
    end
    return value
end

-- Side chains.

-- "\253" and two bytes, and so on. Returns the length and the size of the varint; nil where it is not minimal.
local function read_varint(bytes)
    local first = bytes:byte(1)
    if first < 253 then
        return first, 1
    end
    local size = 2 ^ (first - 252)
    local value = read_be(bytes:sub(2, 1 + size):reverse())
    local least = first == 253 and 253 or 256 ^ (size / 2)
    if value >= least then
        return value, 1 + size
    end
end

local function pointer_of(pointer)
    return known.pointers[pointer] or keep("pointers", pointer, {})
end

-- Content that is there whole. Its length may have been declared as anything: what counts is what was seen.
local function assemble(chain)
    local pieces = { chain.head }
    for i = 1, chain.blob_count do
        pieces[i + 1] = chain.blobs[i].bytes:sub(1, PIECE_SIZE)
    end
    chain.content = table.concat(pieces):sub(1, chain.length)
end

local function collect(chain, blob)
    if not chain.blobs[blob.index] then
        chain.blobs[blob.index] = blob
        chain.blobs_seen = chain.blobs_seen + 1
        if chain.blobs_seen == chain.blob_count then
            assemble(chain)
        end
    end
end

-- Something has named this pointer, as number `index` of a chain if it knows: its packet, and those that this one leads
-- to, are blobs.
local function name_pointer(pointer, chain, index)
    while pointer ~= CHAIN_END do
        local at = pointer_of(pointer)
        at.named = true
        if chain and not at.chain then
            at.chain, at.index = chain, index
        end
        local blob = at.packet
        if not blob or (blob.kind == "blob" and blob.chain == at.chain) then
            return
        end
        blob.kind, blob.chain, blob.index = "blob", at.chain, at.index
        if at.chain then
            collect(at.chain, blob)
            if at.index >= at.chain.blob_count then
                return
            end
        end
        pointer, chain, index = blob.next, at.chain, at.chain and at.index + 1
    end
end

local function read_chain(entry)
    local payload = entry.bytes:sub(9, 56)
    local length, size = read_varint(payload)
    entry.next = payload:sub(HEAD_SIZE + 1)
    if not length then
        return
    end
    entry.length, entry.varint_size = length, size
    entry.head = payload:sub(1 + size, math.min(HEAD_SIZE, size + length))
    entry.blobs, entry.blobs_seen = {}, 0
    entry.blob_count = math.max(0, math.ceil((length - #entry.head) / PIECE_SIZE))
    if entry.blob_count == 0 then
        assemble(entry)
    else
        name_pointer(entry.next, entry, 1)
    end
end

-- Feeds.

local function place_of(feed, seq, prev)
    local name = PREFIX .. feed .. be32(seq) .. prev
    return { feed = feed, seq = seq, prev = prev, name = name, dmx = dmx_of(name), entries = {} }
end

-- The packet is the entry at this place. Returns the place of the next one.
local function settle(packet, place)
    packet.kind, packet.place = "entry", place
    packet.mid = sha256(place.name .. packet.bytes):sub(1, 20)
    packet.type = packet.bytes:byte(8)
    place.entries[#place.entries + 1] = packet
    if packet.type == 1 then
        read_chain(packet)
    end
    return place_of(place.feed, place.seq + 1, packet.mid)
end

-- The entry at this place may come, or has come already; and so on.
local function expect_entry(first)
    local due = { first }
    while #due > 0 do
        local place = table.remove(due)
        if not known.places[place.dmx] then
            keep("places", place.dmx, place)
            for i, packet in ipairs(known.early[place.dmx] or {}) do
                if i <= FORKS_MAX then
                    due[#due + 1] = settle(packet, place)
                end
            end
            known.early[place.dmx] = nil
        end
    end
end

local function know_feed(feed)
    if not known.feeds[feed] then
        keep("feeds", feed, { want = dmx_of(feed .. "want"), range = dmx_of(feed .. "range") })
        expect_entry(place_of(feed, 1, feed:sub(1, POINTER_SIZE)))
    end
end

-- Packets. Each reader returns whether the packet is of its kind.

local function read_want(packet)
    local bytes, count = packet.bytes, math.floor((math.min(#packet.bytes, PACKET_SIZE) - DMX_SIZE) / 36)
    local feed = bytes:sub(8, 39)
    if count < 1 or packet.dmx ~= (known.feeds[feed] and known.feeds[feed].want or dmx_of(feed .. "want")) then
        return false
    end
    packet.kind, packet.requests = "WANT", {}
    for i = 1, count do
        local at = DMX_SIZE + 36 * (i - 1)
        packet.requests[i] = { feed = bytes:sub(at + 1, at + 32), seq = read_be(bytes:sub(at + 33, at + 36)) }
        know_feed(packet.requests[i].feed)
    end
    return true
end

local function read_range(packet)
    local bytes = packet.bytes
    local feed = bytes:sub(8, 39)
    if #bytes < 45 or packet.dmx ~= (known.feeds[feed] and known.feeds[feed].range or dmx_of(feed .. "range")) then
        return false
    end
    packet.kind = "RANGE"
    packet.requests = { { feed = feed, seq = read_be(bytes:sub(40, 43)), credit = read_be(bytes:sub(44, 45)) } }
    know_feed(feed)
    return true
end

local function read_need(packet)
    if packet.dmx ~= NEED_DMX then
        return false
    end
    packet.kind, packet.needs = "NEED", {}
    for i = 1, math.floor((math.min(#packet.bytes, PACKET_SIZE) - DMX_SIZE) / 22) do
        local at = DMX_SIZE + 22 * (i - 1)
        local pointer = packet.bytes:sub(at + 1, at + 20)
        packet.needs[i] = { pointer = pointer, credit = read_be(packet.bytes:sub(at + 21, at + 22)) }
        name_pointer(pointer)
    end
    return true
end

local function read_entry(packet)
    local place = #packet.bytes == ENTRY_SIZE and known.places[packet.dmx]
    if not place or #place.entries >= FORKS_MAX then
        return false
    end
    expect_entry(settle(packet, place))
    return true
end

-- 120 bytes that are not an entry that is due: a blob, if something names it; else an entry or a blob, for now.
local function read_other(packet)
    if #packet.bytes ~= ENTRY_SIZE then
        return false
    end
    packet.kind, packet.pointer = "entry or blob", sha256(packet.bytes):sub(1, POINTER_SIZE)
    packet.next = packet.bytes:sub(PIECE_SIZE + 1)
    local early = known.early[packet.dmx] or keep("early", packet.dmx, {})
    if #early < FORKS_MAX then
        early[#early + 1] = packet
    end
    local at = pointer_of(packet.pointer)
    at.packet = packet
    if at.named then
        name_pointer(packet.pointer, at.chain, at.index)
    end
    return true
end

local readers = { read_entry, read_need, read_want, read_range, read_other }

local function know_packet(bytes, frame)
    local packet = known.packets[bytes]
    if packet then
        return packet
    end
    packet = { bytes = bytes, frame = frame, dmx = bytes:sub(1, DMX_SIZE) }
    if #bytes >= DMX_SIZE then
        for _, read in ipairs(readers) do
            if read(packet) then
                break
            end
        end
    end
    return keep("packets", bytes, packet)
end

----------------------------------------------------------------------------------------------------- what is shown --

local TYPES = { [0] = "plain48", [1] = "chain20" }

local f = {
    kind = ProtoField.string("tinyssb.kind", "Kind", base.ASCII, "WANT, RANGE, NEED, entry, blob, or entry or blob"),
    fate = ProtoField.string("tinyssb.fate", "Fate", base.ASCII, "What became of it at the receiver"),
    dmx = ProtoField.bytes("tinyssb.dmx", "DMX"),
    feed = ProtoField.bytes("tinyssb.feed", "Feed"),
    author = ProtoField.string("tinyssb.author", "Author"),
    seq = ProtoField.uint32("tinyssb.seq", "Sequence number"),
    credit = ProtoField.uint16("tinyssb.credit", "Credit", base.DEC, nil, nil, "How many of them are asked for"),
    prev = ProtoField.bytes("tinyssb.prev", "Previous message ID"),
    mid = ProtoField.bytes("tinyssb.mid", "Message ID"),
    type = ProtoField.uint8("tinyssb.type", "Type", base.DEC, TYPES),
    payload = ProtoField.bytes("tinyssb.payload", "Payload"),
    text = ProtoField.string("tinyssb.text", "Text", base.UNICODE),
    signature = ProtoField.bytes("tinyssb.signature", "Signature"),
    length = ProtoField.uint64("tinyssb.chain.length", "Content length"),
    piece = ProtoField.bytes("tinyssb.chain.piece", "Content"),
    next = ProtoField.bytes("tinyssb.chain.next", "Next blob", base.NONE, "Zero at the end of the chain"),
    pointer = ProtoField.bytes("tinyssb.pointer", "Pointer", base.NONE, "What names the blob, or is asked for"),
    chain = ProtoField.framenum("tinyssb.chain.entry", "Side chain of the entry in", base.NONE),
    blob = ProtoField.framenum("tinyssb.chain.blob", "Blob in", base.NONE),
    index = ProtoField.uint32("tinyssb.chain.index", "Number in the chain"),
    blobs = ProtoField.uint64("tinyssb.chain.blobs", "Blobs in the chain"),
    seen = ProtoField.uint32("tinyssb.chain.seen", "Blobs seen"),
    content = ProtoField.bytes("tinyssb.content", "Content, whole"),
    content_text = ProtoField.string("tinyssb.content.text", "Text, whole", base.UNICODE),
    first = ProtoField.framenum("tinyssb.fork", "Differs from the entry in", base.NONE),
}
tinyssb.fields = f

local e = {
    dropped = ProtoExpert.new("tinyssb.dropped", "It did not reach the receiver", expert.group.SEQUENCE,
        expert.severity.NOTE),
    fork = ProtoExpert.new("tinyssb.forked", "Another packet had this place in the feed: a fork, or damaged on its way",
        expert.group.SEQUENCE, expert.severity.WARN),
    varint = ProtoExpert.new("tinyssb.bad_length", "The length is not a minimal varint", expert.group.MALFORMED,
        expert.severity.ERROR),
    short = ProtoExpert.new("tinyssb.bad_end", "The chain ends before its declared length", expert.group.MALFORMED,
        expert.severity.ERROR),
    foreign = ProtoExpert.new("tinyssb.foreign", "Not tinySSB: no kind of packet begins so", expert.group.UNDECODED,
        expert.severity.NOTE),
}
tinyssb.experts = e

tinyssb.prefs.ports = Pref.range("UDP ports", "5000,5001", "UDP ports that carry tinySSB", 65535)
tinyssb.prefs.comments = Pref.bool("Read comments", true,
    "Take fates, names, and what hashes do not tell from the comments that tssb writes")

local frame_comment = Field.new("frame.comment")
local frame_interface = Field.new("frame.interface_name")
local frame_direction = Field.new("frame.packet_flags_direction")

-- What the capture says of a packet: "WANT nodeA 7 from nodeC: answered", "entry nodeA 7 to all", "received: answered",
-- and the interface and direction.
local function read_notes()
    local interface, direction, comment = frame_interface(), frame_direction(), frame_comment()
    local notes = { interface = interface and interface.value or "", direction = direction and direction.value }
    local text = comment and tinyssb.prefs.comments and comment.value or ""
    notes.fate = text:match(": ([%l ]+)$")
    notes.from, notes.to = text:match(" from (%S+): "), text:match(" to (%S+)$")
    notes.kind = text:match("^(%a+) ")
    notes.author, notes.seq = text:match("^%a+ (%S+) (%d+) ")
    notes.seq = tonumber(notes.seq)
    return notes
end

-- Authors' names are only in comments, and told with the first request or the entry.
local function learn_author(packet, notes)
    local at = packet.place or (packet.requests and packet.requests[1])
    if at and notes.author and notes.kind == packet.kind and notes.seq == at.seq and not known.authors[at.feed] then
        keep("authors", at.feed, notes.author)
    end
end

local function hex(bytes)
    return (bytes:gsub(".", function(byte)
        return string.format("%02x", byte:byte())
    end))
end

local function short(bytes)
    return hex(bytes:sub(1, 4)) .. "…"
end

local function feed_name(feed)
    local author = known.authors[feed]
    return author and author .. " (" .. short(feed) .. ")" or short(feed)
end

local function byte_array(bytes)
    return ByteArray.new(bytes, true)
end

-- A line that is not in the packet.
local function add_generated(tree, field, value)
    return tree:add(field, value):set_generated()
end

local function add_bytes(tree, field, bytes)
    local range = byte_array(bytes):tvb("hash"):range()
    return tree:add(field, range):set_generated()
end

-- Content without trailing zeros, where a person can read it.
local function text_size(bytes)
    local size = #bytes:gsub("%z+$", "")
    return size > 0 and not bytes:sub(1, size):find("[%z\1-\8\11\12\14-\31\127]") and size
end

local function add_request(tree, range, request)
    local until_seq = request.credit and string.format(" to %.0f", request.seq + request.credit - 1) or ""
    local title = string.format("%s seq %.0f%s", feed_name(request.feed), request.seq, until_seq)
    local item = tree:add(range, "Request: " .. title)
    local author = known.authors[request.feed]
    item:add(f.feed, range(0, FEED_SIZE))
    if author then
        add_generated(item, f.author, author)
    end
    item:add(f.seq, range(FEED_SIZE, 4))
    if request.credit then
        item:add(f.credit, range(FEED_SIZE + 4, 2))
    end
    return title
end

local function show_requests(packet, tvb, tree)
    local titles, size = {}, packet.kind == "WANT" and 36 or 38
    for i, request in ipairs(packet.requests) do
        titles[i] = add_request(tree, tvb(DMX_SIZE + size * (i - 1), size), request)
    end
    return packet.kind .. " " .. table.concat(titles, ", ")
end

local function show_needs(packet, tvb, tree)
    local titles = {}
    for i, need in ipairs(packet.needs) do
        local range = tvb(DMX_SIZE + 22 * (i - 1), 22)
        titles[i] = string.format("%s, %d in all", short(need.pointer), need.credit)
        local item = tree:add(range, "Request: blob " .. titles[i])
        item:add(f.pointer, range(0, POINTER_SIZE))
        item:add(f.credit, range(POINTER_SIZE, 2))
        local blob = pointer_of(need.pointer).packet
        if blob then
            add_generated(item, f.blob, blob.frame)
        end
    end
    return "NEED " .. (#titles > 0 and table.concat(titles, "; ") or "nothing")
end

-- The content of a chain in a tab of its own, and its text.
local function show_content(chain, tree)
    if #chain.content == 0 then
        return
    end
    local tvb = byte_array(chain.content):tvb("Side chain")
    local size = text_size(chain.content)
    tree:add(f.content, tvb:range()):set_generated()
    if size then
        tree:add_packet_field(f.content_text, tvb:range(0, size), ENC_UTF_8):set_generated()
    end
end

local function show_chain_of_entry(entry, range, tree)
    if not entry.length then
        tree:add_proto_expert_info(e.varint)
        return
    end
    local varint = entry.varint_size
    tree:add_le(f.length, varint == 1 and range(0, 1) or range(1, varint - 1))
    if #entry.head > 0 then
        tree:add(f.piece, range(varint, #entry.head))
    end
    tree:add(f.next, range(HEAD_SIZE, POINTER_SIZE))
    if entry.blob_count > 0 and entry.next == CHAIN_END then
        tree:add_proto_expert_info(e.short)
    end
    local item = add_generated(tree, f.seen, entry.blobs_seen)
    item:append_text(string.format(" of %.0f", entry.blob_count))
    for i = 1, math.min(entry.blob_count, FRAMES_SHOWN) do
        if entry.blobs[i] then
            add_generated(item, f.blob, entry.blobs[i].frame)
        end
    end
    if entry.content then
        show_content(entry, tree)
    end
end

local function show_place(packet, tree)
    local place = packet.place
    add_bytes(tree, f.feed, place.feed)
    if known.authors[place.feed] then
        add_generated(tree, f.author, known.authors[place.feed])
    end
    add_generated(tree, f.seq, place.seq)
    add_bytes(tree, f.prev, place.prev)
    add_bytes(tree, f.mid, packet.mid)
    if place.entries[1] ~= packet then
        add_generated(tree, f.first, place.entries[1].frame):add_proto_expert_info(e.fork)
    end
end

-- An entry; its place may be unknown, and then what the comment says is all there is.
local function show_entry(packet, tvb, tree, notes)
    local name = "entry"
    if packet.place then
        show_place(packet, tree)
        name = string.format("entry %s seq %.0f", feed_name(packet.place.feed), packet.place.seq)
    elseif notes.seq then
        add_generated(tree, f.author, notes.author)
        add_generated(tree, f.seq, notes.seq):append_text(" (as the comment says)")
        name = string.format("entry %s seq %.0f", notes.author, notes.seq)
    end
    local range = tvb(8, 48)
    local payload = tree:add(f.type, tvb(DMX_SIZE, 1)) and tree:add(f.payload, range)
    tree:add(f.signature, tvb(56, 64))
    local size = tvb(DMX_SIZE, 1):uint() == 0 and text_size(packet.bytes:sub(9, 56))
    if size then
        payload:add_packet_field(f.text, range(0, size), ENC_UTF_8)
        return name .. ": " .. range(0, size):string(ENC_UTF_8)
    elseif packet.type == 1 then
        show_chain_of_entry(packet, range, payload)
        return string.format("%s: %s bytes, %s blobs", name, packet.length and string.format("%.0f", packet.length) or "?",
            packet.length and string.format("%.0f", packet.blob_count) or "?")
    end
    return name
end

local function show_blob(packet, tvb, tree)
    add_bytes(tree, f.pointer, packet.pointer)
    tree:add(f.piece, tvb(0, PIECE_SIZE))
    tree:add(f.next, tvb(PIECE_SIZE, POINTER_SIZE))
    local name, chain = "blob " .. short(packet.pointer), packet.chain
    if not chain then
        return name
    end
    local item = add_generated(tree, f.chain, chain.frame)
    add_generated(item, f.index, packet.index)
    add_generated(item, f.blobs, UInt64.new(chain.blob_count))
    if packet.index < chain.blob_count and packet.next == CHAIN_END then
        tree:add_proto_expert_info(e.short)
    end
    if chain.content and packet.index == chain.blob_count then
        show_content(chain, tree)
    end
    return string.format("%s, %.0f of %.0f of entry %s seq %.0f", name, packet.index, chain.blob_count,
        feed_name(chain.place.feed), chain.place.seq)
end

local shows = { WANT = show_requests, RANGE = show_requests, NEED = show_needs, entry = show_entry, blob = show_blob }

-- Who speaks to whom, on links that know no addresses: nodes in a simulation, else the face.
local function show_parties(pinfo, notes)
    local simulated = notes.from or notes.to
    local here = simulated and notes.interface:match("^(.*)/%d+$") or ""
    local there = notes.from or notes.to or notes.interface
    local outbound = notes.direction == 2
    pinfo.cols.src, pinfo.cols.dst = outbound and here or there, outbound and there or here
end

local function show_fate(notes, tree)
    if not notes.fate then
        return ""
    end
    local item = add_generated(tree, f.fate, notes.fate)
    if notes.direction == 1 then
        return ": " .. notes.fate
    end
    item:add_proto_expert_info(e.dropped, "It did not reach the receiver: " .. notes.fate)
    return " [" .. notes.fate .. "]"
end

function tinyssb.dissector(tvb, pinfo, root)
    local bytes = tvb:raw(0, tvb:len())
    local packet = know_packet(bytes, pinfo.number)
    local bare = pinfo.port_type ~= 3 -- not in UDP
    if not packet.kind and not bare then
        return 0
    end
    local notes = read_notes()
    local kind = packet.kind
    if kind == "entry or blob" and (notes.kind == "entry" or notes.kind == "blob") then
        kind = notes.kind
    end
    learn_author(packet, notes)
    pinfo.cols.protocol = "tinySSB"
    if bare then
        show_parties(pinfo, notes)
    end
    local tree = root:add(tinyssb, tvb())
    local fate = show_fate(notes, tree)
    if not kind then
        tree:add_proto_expert_info(e.foreign)
        pinfo.cols.info = string.format("not tinySSB, %d bytes", #bytes) .. fate
        Dissector.get("data"):call(tvb, pinfo, root)
        return #bytes
    end
    add_generated(tree, f.kind, kind)
    if kind ~= "blob" then
        tree:add(f.dmx, tvb(0, DMX_SIZE))
    end
    local title = shows[kind] and shows[kind](packet, tvb, tree, notes) or "entry or blob, of what is not known"
    tree:append_text(", " .. title)
    pinfo.cols.info = title .. fate
    return #bytes
end

DissectorTable.get("wtap_encap"):add((wtap_encaps or wtap).USER0, tinyssb)

local udp, ports = DissectorTable.get("udp.port"), nil

local function listen()
    if ports ~= tinyssb.prefs.ports then
        if ports and ports ~= "" then
            udp:remove(ports, tinyssb)
        end
        ports = tinyssb.prefs.ports
        if ports ~= "" then
            udp:add(ports, tinyssb)
        end
    end
end

tinyssb.prefs_changed = listen
listen()
