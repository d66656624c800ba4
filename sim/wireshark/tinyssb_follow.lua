-- What tinyssb.lua knows of the packets of a capture (PROTOCOL.md); it shows it. Bytes are strings here.
--
-- A feed becomes known by a request for it; its first entry must then have a certain DMX, and each entry says what DMX
-- the next one has. A side chain's blobs become known by the pointers to them. Packets that come too early are kept,
-- and placed once what they follow is known. Signatures are not checked.

local ENTRY_SIZE, DMX_SIZE, POINTER_SIZE = 120, 7, 20
local HEAD_SIZE, PIECE_SIZE = 28, 100 -- of a side chain's content, in the entry and in each blob
local PACKET_SIZE = 250 -- nobody reads more
local CHAIN_END = string.rep("\0", POINTER_SIZE)
local PREFIX = "tinyssb-v0"

-- What is kept is bounded: so many different packets, feeds, pointers. Later ones are shown, and teach nothing.
local KEPT_MAX = 500000
local FORKS_MAX = 8 -- different packets for one place in a feed, chains that share a blob

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
    local hash, w = { table.unpack(INITIAL) }, {}
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
-- pointers: pointer -> its packet, if it was seen; whether something named it; the chains that did, and as which number
-- authors:  feed ID -> the name of a node, from comments
local known

local function forget()
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
    return known.pointers[pointer] or keep("pointers", pointer, { chains = {} })
end

-- Content that is there whole. Its length may have been declared as anything: what counts is what was seen.
local function assemble(chain)
    local pieces = { chain.head }
    for i = 1, chain.blob_count do
        pieces[i + 1] = chain.blobs[i].bytes:sub(1, PIECE_SIZE)
    end
    chain.content = table.concat(pieces):sub(1, chain.length)
end

local function collect(chain, blob, index)
    if not chain.blobs[index] then
        chain.blobs[index] = blob
        chain.blobs_seen = chain.blobs_seen + 1
        if chain.blobs_seen == chain.blob_count then
            assemble(chain)
        end
    end
end

-- Something names this pointer, as number `index` of a chain if it knows: its packet, and those that this one leads to,
-- are blobs. An entry with the same content as another has the same ones.
local function name_pointer(pointer, chain, index)
    while pointer ~= CHAIN_END do
        local at = pointer_of(pointer)
        local blob = at.packet
        at.named = true
        if chain then
            if #at.chains == FORKS_MAX then
                return
            end
            at.chains[#at.chains + 1] = { chain = chain, index = index }
        end
        if not blob or blob.place or (blob.kind == "blob" and not chain) then
            return
        end
        blob.kind = "blob"
        if chain then
            if not blob.chain then
                blob.chain, blob.index = chain, index
            end
            collect(chain, blob, index)
            if index >= chain.blob_count then
                return
            end
            index = index + 1
        end
        pointer = blob.next
    end
end

-- The packet of a pointer has come.
local function fill_pointer(pointer, packet)
    local at = pointer_of(pointer)
    local waiting = at.chains
    at.packet, at.chains = packet, {}
    if at.named then
        name_pointer(pointer)
    end
    for _, name in ipairs(waiting) do
        name_pointer(pointer, name.chain, name.index)
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
    fill_pointer(packet.pointer, packet)
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

-- The name of a feed's author, where somebody has told it. name: nil to ask only.
local function author_of(feed, name)
    return known.authors[feed] or name and keep("authors", feed, name)
end

-- The blob of this pointer, where it was seen.
local function blob_of(pointer)
    return known.pointers[pointer] and known.pointers[pointer].packet
end

forget()

return { forget = forget, know_packet = know_packet, author_of = author_of, blob_of = blob_of }
