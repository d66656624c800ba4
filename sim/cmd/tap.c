/* Captures of real faces. A packet that comes in is written once its fate is known, before what was
 * sent because of it. */
#include "tap.h"

#include <string.h>
#include <time.h>

#include "core/check.h"

static void check_written(struct tap *tap) {
    int error = tssb_pcapng_error(&tap->pcapng);
    if (!error || tap->failed)
        return;
    tap->failed = true;
    fprintf(stderr, "tssb %s: %s: cannot write the capture: %s\n", tap->service->command->name,
            tap->path, strerror(error));
}

static void end_packet(struct tap *tap) {
    tssb_pcapng_flush(&tap->pcapng);
    check_written(tap);
    if (tap->failed)
        service_stop_soon(tap->service, EXIT_FAILED);
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint32_t interface_of(const struct tap *tap, const struct tssb_face *face) {
    uint32_t interface = 0;
    while (tap->faces[interface] != face)
        interface++;
    return interface;
}

static void on_packet(void *context, const struct tssb_face *face, bool outbound,
                      const uint8_t *bytes, size_t size) {
    struct tap *tap = context;
    struct tssb_pcapng_packet packet = {.at_ns = clock_ns(),
                                        .interface = interface_of(tap, face),
                                        .direction = outbound ? TSSB_PCAPNG_OUTBOUND
                                                              : TSSB_PCAPNG_INBOUND,
                                        .bytes = bytes,
                                        .size = (uint32_t)size};
    if (!outbound && tap->judges) {
        tap->incoming = packet;
        tssb_pcapng_hold(&tap->pcapng);
        return;
    }
    tssb_pcapng_packet(&tap->pcapng, &packet);
    end_packet(tap);
}

void tap_judged(struct tap *tap, const char *fate) {
    char comment[64];
    if (!tap->path)
        return;
    snprintf(comment, sizeof comment, "received: %s", fate);
    tap->incoming.comment = comment;
    tssb_pcapng_release(&tap->pcapng, &tap->incoming);
    end_packet(tap);
}

int tap_open(struct tap *tap) {
    if (!tap->path)
        return EXIT_DONE;
    (void)tssb_pcapng_open(&tap->pcapng, tap->path, "tssb " TSSB_VERSION);
    tssb_pcapng_flush(&tap->pcapng);
    check_written(tap);
    return tap->failed ? EXIT_FAILED : EXIT_DONE;
}

void tap_add(struct tap *tap, struct tssb_face *face) {
    if (!tap->path)
        return;
    uint32_t interface = tssb_pcapng_interface(&tap->pcapng, tssb_face_name(face));
    TSSB_CHECK(interface < TAP_FACES_MAX);
    tap->faces[interface] = face;
    tssb_face_set_tap(face, on_packet, tap);
}

int tap_close(struct tap *tap, int status) {
    (void)tssb_pcapng_close(&tap->pcapng);
    check_written(tap);
    return tap->failed ? EXIT_FAILED : status;
}
