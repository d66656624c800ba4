/* Faces over UDP and IPv4: a multicast group, one peer, or whoever is heard (PROTOCOL.md 7). A
 * datagram is a packet.
 *
 * A multicast face has two sockets, as in PoC-01. One listens on the group's port, which all
 * processes of a host share. The other sends from a port of its own: what comes back from that
 * port, and from an address of this host, is the face's own and dropped. */
#define _DEFAULT_SOURCE /* struct ip_mreqn */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/posix/face_kind.h"

#ifndef IP_MULTICAST_ALL /* Linux: also hear groups that others on this host have joined */
#define IP_MULTICAST_ALL 49
#endif

enum {
    MULTICAST_TTL = 2,
    DATAGRAM_SIZE = 65536, /* what libuv takes for each of a batch */
    BATCH = 16,
    HOST_SIZE = 256,
    SOCKET_BUFFER_SIZE = 4 << 20, /* as far as the system lets us */
};

#define OWN_ADDRESS_EACH_NS UINT64_C(1000000000)

struct udp {
    uv_udp_t receiver, separate_sender;
    uv_udp_t *sender;
    uint8_t *buffer;
    struct sockaddr_in to; /* port 0: not known (yet) */
    bool connected;        /* the socket knows the peer */
    bool learns;           /* from each datagram where to send to */
    uint16_t own_port;     /* of the separate sender, network order; 0: there is none */
    in_addr_t own_address; /* as last found */
    uint64_t looked_ns;    /* when, for own_address */
};

/* Addresses. */

static bool parse_port(const char *text, uint16_t *port) {
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *port = htons((uint16_t)value);
    return *end == 0 && value >= 1 && value <= 65535;
}

/* Splits HOST/PORT. */
static int parse_address(const struct tssb_face *face, const char *address, char host[HOST_SIZE],
                         uint16_t *port, char **error) {
    const char *slash = strrchr(address, '/');
    if (!slash || slash == address || slash - address >= HOST_SIZE)
        return tssb_face_fail(face, 2, error, "this is not HOST/PORT");
    if (!parse_port(slash + 1, port))
        return tssb_face_fail(face, 2, error, "the port is a number from 1 to 65535");
    memcpy(host, address, (size_t)(slash - address));
    host[slash - address] = 0;
    return 0;
}

static int look_up(const struct tssb_face *face, const char *host, struct in_addr *found,
                   char **error) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *list;
    int result = getaddrinfo(host, NULL, &hints, &list);
    if (result != 0)
        return tssb_face_fail(face, result == EAI_NONAME ? 2 : 3, error, "%s: %s", host,
                              gai_strerror(result));
    struct sockaddr_in first;
    memcpy(&first, list->ai_addr, sizeof first);
    *found = first.sin_addr;
    freeaddrinfo(list);
    return 0;
}

/* Whether an address is this host's; looks at the interfaces once a second at most. */
static bool is_own_address(struct udp *udp, in_addr_t address) {
    uv_interface_address_t *interfaces;
    int count;
    if (address == udp->own_address)
        return true;
    uint64_t now_ns = uv_hrtime();
    if (udp->looked_ns && now_ns - udp->looked_ns < OWN_ADDRESS_EACH_NS)
        return false;
    udp->looked_ns = now_ns;
    if (uv_interface_addresses(&interfaces, &count) != 0)
        return false;
    for (int i = 0; i < count; i++)
        if (interfaces[i].address.address4.sin_family == AF_INET &&
            interfaces[i].address.address4.sin_addr.s_addr == address)
            udp->own_address = address;
    uv_free_interface_addresses(interfaces, count);
    return address == udp->own_address;
}

/* Receiving. */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    const struct udp *udp = tssb_face_state(handle->data);
    (void)suggested;
    *buffer = uv_buf_init((char *)udp->buffer, BATCH * DATAGRAM_SIZE);
}

static void learn(struct tssb_face *face, struct udp *udp, const struct sockaddr_in *from) {
    char text[INET_ADDRSTRLEN];
    if (udp->to.sin_port == from->sin_port && udp->to.sin_addr.s_addr == from->sin_addr.s_addr)
        return;
    udp->to = *from;
    uv_inet_ntop(AF_INET, &from->sin_addr, text, sizeof text);
    tssb_face_tell(face, "the peer is %s/%u", text, ntohs(from->sin_port));
}

/* Errors of receiving are the peer's (a port that is closed) or pass (no memory): the face goes on.
 */
static void on_receive(uv_udp_t *handle, ssize_t size, const uv_buf_t *buffer,
                       const struct sockaddr *address, unsigned flags) {
    struct tssb_face *face = handle->data;
    struct udp *udp = tssb_face_state(face);
    struct sockaddr_in from;
    if (size < 0 || !address || flags & UV_UDP_MMSG_FREE)
        return;
    memcpy(&from, address, sizeof from);
    if (udp->own_port && from.sin_port == udp->own_port &&
        is_own_address(udp, from.sin_addr.s_addr)) {
        tssb_face_tally(face)->own++;
        return;
    }
    if (udp->learns)
        learn(face, udp, &from);
    tssb_face_take(face, (const uint8_t *)buffer->base, (size_t)size);
}

static int system_failed(const struct tssb_face *face, char **error, const char *what, int code) {
    return tssb_face_fail(face, 3, error, "%s: %s", what, uv_strerror(code));
}

static int start_receiving(struct tssb_face *face, struct udp *udp, char **error) {
    int size = SOCKET_BUFFER_SIZE;
    udp->buffer = malloc((size_t)BATCH * DATAGRAM_SIZE);
    if (!udp->buffer) {
        *error = NULL;
        return 3;
    }
    uv_recv_buffer_size((uv_handle_t *)&udp->receiver, &size);
    int result = uv_udp_recv_start(&udp->receiver, on_alloc, on_receive);
    return result ? system_failed(face, error, "cannot receive", result) : 0;
}

/* Sending. */

static enum tssb_face_sending udp_send(struct tssb_face *face, const uint8_t *bytes, size_t size) {
    struct udp *udp = tssb_face_state(face);
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)size);
    if (udp->to.sin_port == 0)
        return TSSB_FACE_NO_PEER;
    int sent = uv_udp_try_send(udp->sender, &buffer, 1,
                               udp->connected ? NULL : (const struct sockaddr *)&udp->to);
    if (sent >= 0)
        return TSSB_FACE_SENT;
    if (sent == UV_EAGAIN || sent == UV_ENOBUFS)
        return TSSB_FACE_LATER;
    return tssb_face_send_failed(face, uv_strerror(sent));
}

/* Opening. */

static void add_handle(struct tssb_face *face, uv_udp_t *handle, unsigned flags) {
    uv_udp_init_ex(tssb_face_loop(face), handle, AF_UNSPEC | flags);
    tssb_face_add_handle(face, (uv_handle_t *)handle);
}

static int open_peer(struct tssb_face *face, const char *address,
                     const struct tssb_face_options *options, char **error) {
    struct udp *udp = tssb_face_state(face);
    char host[HOST_SIZE];
    (void)options;
    udp->sender = &udp->receiver;
    udp->to.sin_family = AF_INET;
    int status = parse_address(face, address, host, &udp->to.sin_port, error);
    if (!status)
        status = look_up(face, host, &udp->to.sin_addr, error);
    if (status)
        return status;
    add_handle(face, &udp->receiver, UV_UDP_RECVMMSG);
    int result = uv_udp_connect(&udp->receiver, (const struct sockaddr *)&udp->to);
    if (result)
        return system_failed(face, error, "cannot connect", result);
    udp->connected = true;
    return start_receiving(face, udp, error);
}

static int open_listening(struct tssb_face *face, const char *address,
                          const struct tssb_face_options *options, char **error) {
    struct udp *udp = tssb_face_state(face);
    struct sockaddr_in any = {.sin_family = AF_INET};
    (void)options;
    udp->sender = &udp->receiver;
    udp->learns = true;
    if (!parse_port(address, &any.sin_port))
        return tssb_face_fail(face, 2, error, "the port is a number from 1 to 65535");
    add_handle(face, &udp->receiver, UV_UDP_RECVMMSG);
    int result = uv_udp_bind(&udp->receiver, (const struct sockaddr *)&any, 0);
    if (result)
        return system_failed(face, error, "cannot listen", result);
    return start_receiving(face, udp, error);
}

static void udp_close(struct tssb_face *face) {
    struct udp *udp = tssb_face_state(face);
    if (udp->receiver.data) {
        uv_udp_recv_stop(&udp->receiver);
        tssb_face_close_handle(face, (uv_handle_t *)&udp->receiver);
    }
    if (udp->separate_sender.data)
        tssb_face_close_handle(face, (uv_handle_t *)&udp->separate_sender);
}

static void udp_free(struct tssb_face *face) {
    const struct udp *udp = tssb_face_state(face);
    free(udp->buffer);
}

/* Multicast. */

static int choose_interface(const struct tssb_face *face, const char *chosen,
                            struct ip_mreqn *membership, char **error) {
    if (!chosen)
        return 0;
    if (inet_pton(AF_INET, chosen, &membership->imr_address) == 1)
        return 0;
    membership->imr_ifindex = (int)if_nametoindex(chosen);
    if (membership->imr_ifindex == 0)
        return tssb_face_fail(face, 2, error, "there is no network interface '%s'", chosen);
    return 0;
}

static int set_int(int file, int level, int option, int value) {
    return setsockopt(file, level, option, &value, sizeof value);
}

/* Whoever may listen on the port, PoC-01 too, sets one of the two to share it. */
static int prepare_receiver(int file, const struct sockaddr_in *group,
                            const struct ip_mreqn *membership) {
    if (set_int(file, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
        set_int(file, SOL_SOCKET, SO_REUSEPORT, 1) != 0 ||
        bind(file, (const struct sockaddr *)group, sizeof *group) != 0)
        return -1;
    set_int(file, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    return setsockopt(file, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, sizeof *membership);
}

static int prepare_sender(int file, const struct ip_mreqn *membership, uint16_t *own_port) {
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    if (set_int(file, IPPROTO_IP, IP_MULTICAST_TTL, MULTICAST_TTL) != 0 ||
        set_int(file, IPPROTO_IP, IP_MULTICAST_LOOP, 1) != 0 ||
        setsockopt(file, IPPROTO_IP, IP_MULTICAST_IF, membership, sizeof *membership) != 0 ||
        bind(file, (const struct sockaddr *)&any, sizeof any) != 0 ||
        getsockname(file, (struct sockaddr *)&any, &size) != 0)
        return -1;
    *own_port = any.sin_port;
    return 0;
}

static int multicast_failed(const struct tssb_face *face, const struct tssb_face_options *options,
                            char **error) {
    int code = errno;
    if (code == ENODEV && !options->multicast_interface)
        return tssb_face_fail(face, 3, error,
                              "no route for multicast: choose an interface with --mc-if");
    if (options->multicast_interface && (code == EADDRNOTAVAIL || code == ENODEV))
        return tssb_face_fail(face, 2, error, "no network interface has the address %s",
                              options->multicast_interface);
    return tssb_face_fail(face, 3, error, "cannot join: %s", strerror(code));
}

/* Sockets are bound before they are libuv's, which shares the port of each that it is given: the
 * sender's would be that of another process now and then, and the two deaf to each other. */
static int open_sockets(struct tssb_face *face, struct udp *udp,
                        const struct ip_mreqn *membership) {
    int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiver < 0 || sender < 0 || prepare_receiver(receiver, &udp->to, membership) != 0 ||
        prepare_sender(sender, membership, &udp->own_port) != 0)
        goto failed;
    add_handle(face, &udp->receiver, UV_UDP_RECVMMSG);
    add_handle(face, &udp->separate_sender, 0);
    errno = -uv_udp_open(&udp->receiver, receiver);
    if (errno)
        goto failed;
    receiver = -1; /* the handle's */
    errno = -uv_udp_open(&udp->separate_sender, sender);
    if (!errno)
        return 0;
failed:;
    int code = errno;
    if (receiver >= 0)
        close(receiver);
    if (sender >= 0)
        close(sender);
    errno = code;
    return -1;
}

static int open_multicast(struct tssb_face *face, const char *address,
                          const struct tssb_face_options *options, char **error) {
    struct udp *udp = tssb_face_state(face);
    struct ip_mreqn membership = {.imr_ifindex = 0};
    char host[HOST_SIZE];
    udp->sender = &udp->separate_sender;
    udp->to.sin_family = AF_INET;
    int status = parse_address(face, address, host, &udp->to.sin_port, error);
    if (status)
        return status;
    if (inet_pton(AF_INET, host, &udp->to.sin_addr) != 1 ||
        !IN_MULTICAST(ntohl(udp->to.sin_addr.s_addr)))
        return tssb_face_fail(face, 2, error,
                              "%s is not a multicast group (224.0.0.0 to 239.255.255.255)", host);
    membership.imr_multiaddr = udp->to.sin_addr;
    status = choose_interface(face, options->multicast_interface, &membership, error);
    if (status)
        return status;
    if (open_sockets(face, udp, &membership) != 0)
        return multicast_failed(face, options, error);
    return start_receiving(face, udp, error);
}

/* What a line of 100 Mbit/s carries: side chains go as fast as both ends can, and whoever abuses
 * the answers fills no faster network. The burst takes the largest credit that is adaptive. */
#define UDP_KIND(kind_name, open_function)                                                       \
    .name = (kind_name), .size = sizeof(struct udp), .answer_bytes_per_s = 12500000,             \
    .answer_burst_bytes = 131072, .open = (open_function), .send = udp_send, .close = udp_close, \
    .free = udp_free

const struct tssb_face_kind tssb_face_multicast = {UDP_KIND("mc", open_multicast)};
const struct tssb_face_kind tssb_face_udp = {UDP_KIND("udp", open_peer)};
const struct tssb_face_kind tssb_face_listen = {UDP_KIND("listen", open_listening)};
