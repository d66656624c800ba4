-- tinySSB for Wireshark and tshark. README.md says how to install it and what to ask of it.
--
-- Most of what one wants to know of a packet is not in it: an entry travels without its feed and number, a blob without
-- its pointer. Both are bound to it by hashes, so tinyssb_follow.lua follows feeds and side chains as a replica does.
-- What it learns only later on, the second pass shows.
--
-- Captures of `tssb` have a comment a packet that tells its fate, and in a simulation the names of nodes too.

local tinyssb = Proto("tinyssb", "tinySSB")
local follow = dofile((__DIR__ and __DIR__ ~= "" and __DIR__ .. "/" or "") .. "tinyssb_follow.lua")

tinyssb.init = follow.forget

local DMX_SIZE, FEED_SIZE, POINTER_SIZE = 7, 32, 20
local HEAD_SIZE, PIECE_SIZE = 28, 100 -- of a side chain's content, in the entry and in each blob
local CHAIN_END = string.rep("\0", POINTER_SIZE)
local FRAMES_SHOWN = 64 -- blobs of one chain

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
    varint = ProtoExpert.new("tinyssb.bad_length", "The length is not a minimal varint", expert.group.PROTOCOL,
        expert.severity.WARN),
    short = ProtoExpert.new("tinyssb.bad_end", "The chain ends before its declared length", expert.group.PROTOCOL,
        expert.severity.WARN),
    foreign = ProtoExpert.new("tinyssb.foreign", "Not tinySSB: no kind of packet begins so", expert.group.UNDECODED,
        expert.severity.NOTE),
}
tinyssb.experts = e

tinyssb.prefs.ports = Pref.range("UDP ports", "5000,5001", "UDP ports that carry tinySSB", 65535)
tinyssb.prefs.comments = Pref.bool("Read comments", true,
    "Take fates, names, and what hashes do not tell from the comments that tssb writes")

local frame_comment = Field.new("frame.comment")
local frame_interface = Field.new("frame.interface_name")
local udp_port = Field.new("udp.port")
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
    notes.seq = notes.seq and #notes.seq <= 10 and math.min(tonumber(notes.seq), 4294967295)
    return notes
end

-- Authors' names are only in comments, and told with the first request or the entry.
local function learn_author(packet, notes)
    local at = packet.place or (packet.requests and packet.requests[1])
    if at and notes.author and notes.kind == packet.kind and notes.seq == at.seq then
        follow.author_of(at.feed, notes.author)
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
    local author = follow.author_of(feed)
    return author and author .. " (" .. short(feed) .. ")" or short(feed)
end

-- Lines that are not in the packet. Lua's API takes the length of bytes from a range of the packet.
local function add_generated(tree, field, value)
    return tree:add(field, value):set_generated()
end

local function add_bytes(tree, field, tvb, bytes)
    return tree:add(field, tvb(0, #bytes), bytes):set_generated()
end

-- Content without trailing zeros, where a person can read it.
local function text_size(bytes)
    local size = #bytes
    while size > 0 and bytes:byte(size) == 0 do
        size = size - 1
    end
    return size > 0 and not bytes:sub(1, size):find("[\0-\8\11\12\14-\31\127]") and size
end

local function add_request(tree, range, request)
    local credit = request.credit and string.format(", %d in all", request.credit) or ""
    local title = string.format("%s seq %.0f%s", feed_name(request.feed), request.seq, credit)
    local item = tree:add(range, "Request: " .. title)
    local author = follow.author_of(request.feed)
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
        local blob = follow.blob_of(need.pointer)
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
    local tvb = ByteArray.new(chain.content, true):tvb("Side chain")
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
    if entry.blob_count > 0 then
        local item = add_generated(tree, f.seen, entry.blobs_seen)
        item:append_text(string.format(" of %.0f", entry.blob_count))
        for i = 1, math.min(entry.blob_count, FRAMES_SHOWN) do
            if entry.blobs[i] then
                add_generated(item, f.blob, entry.blobs[i].frame)
            end
        end
    end
    if entry.content then
        show_content(entry, tree)
    end
end

local function show_place(packet, tvb, tree)
    local place = packet.place
    add_bytes(tree, f.feed, tvb, place.feed)
    local author = follow.author_of(place.feed)
    if author then
        add_generated(tree, f.author, author)
    end
    add_generated(tree, f.seq, place.seq)
    add_bytes(tree, f.prev, tvb, place.prev)
    add_bytes(tree, f.mid, tvb, packet.mid)
    if place.entries[1] ~= packet then
        add_generated(tree, f.first, place.entries[1].frame):add_proto_expert_info(e.fork)
    end
end

-- An entry; its place may be unknown, and then what the comment says is all there is.
local function show_entry(packet, tvb, tree, notes)
    local name = "entry"
    if packet.place then
        show_place(packet, tvb, tree)
        name = string.format("entry %s seq %.0f", feed_name(packet.place.feed), packet.place.seq)
    elseif notes.seq then
        add_generated(tree, f.author, notes.author)
        add_generated(tree, f.seq, notes.seq):append_text(" (as the comment says)")
        name = string.format("entry %s seq %.0f", notes.author, notes.seq)
    end
    local range = tvb(8, 48)
    tree:add(f.type, tvb(DMX_SIZE, 1))
    local payload = tree:add(f.payload, range)
    tree:add(f.signature, tvb(56, 64))
    local size = tvb(DMX_SIZE, 1):uint() == 0 and text_size(packet.bytes:sub(9, 56))
    if size then
        payload:add_packet_field(f.text, range(0, size), ENC_UTF_8)
        return name .. ": " .. range(0, size):string(ENC_UTF_8):gsub("%c", " ")
    elseif packet.type == 1 then
        show_chain_of_entry(packet, range, payload)
        local length = packet.length and string.format("%.0f bytes in %.0f blobs", packet.length, packet.blob_count)
        return name .. ": side chain, " .. (length or "bad length")
    end
    return name
end

local function show_blob(packet, tvb, tree)
    add_bytes(tree, f.pointer, tvb, packet.pointer)
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
    local packet = follow.know_packet(bytes, pinfo.number)
    local bare = not udp_port()
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
        tree:append_text(", unknown"):add_proto_expert_info(e.foreign)
        pinfo.cols.info = "not tinySSB" .. fate
        Dissector.get("data"):call(tvb, pinfo, root)
        return #bytes
    end
    add_generated(tree, f.kind, kind)
    if kind ~= "blob" then
        tree:add(f.dmx, tvb(0, DMX_SIZE))
    end
    local title = shows[kind] and shows[kind](packet, tvb, tree, notes) or "entry or blob that nothing has named yet"
    tree:append_text(", " .. title)
    pinfo.cols.info = title .. fate
    return #bytes
end

DissectorTable.get("wtap_encap"):add((wtap_encaps or wtap).USER0, tinyssb)
DissectorTable.get("ethertype"):add(0x88b5, tinyssb) -- ns-3's captures

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
