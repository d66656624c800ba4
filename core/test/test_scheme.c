/* The signature schemes: found by name, and each accepts its own signatures and no others. */
#include "support.h"

#include <sodium.h>
#include <string.h>

static const uint8_t secret[TSSB_SECRET_SIZE] = "a secret of thirty-two bytes...";
static const uint8_t label[TSSB_FID_SIZE] = "carol";

static void schemes_are_found_by_name(void **state) {
    (void)state;
    assert_string_equal(tssb_schemes[0]->name, "ed25519");
    for (size_t i = 0; tssb_schemes[i]; i++)
        assert_ptr_equal(tssb_scheme_find(tssb_schemes[i]->name), tssb_schemes[i]);
    assert_non_null(tssb_scheme_find("hmac-sha512"));
    assert_null(tssb_scheme_find("rot13"));
    assert_null(tssb_scheme_find(""));
}

static void a_signature_holds_for_its_message_alone(void **state) {
    (void)state;
    for (size_t i = 0; tssb_schemes[i]; i++) {
        const struct tssb_scheme *scheme = tssb_schemes[i];
        struct tssb_trust trust = {.scheme = scheme};
        struct tssb_key key;
        uint8_t message[] = "message", signature[TSSB_SIGNATURE_SIZE];
        memcpy(trust.shared_secret, secret, sizeof secret);
        tssb_key_init(&key, scheme, secret, label);
        scheme->sign(&key, message, sizeof message, signature);
        assert_true(scheme->verify(&trust, key.fid, message, sizeof message, signature));
        assert_false(scheme->verify(&trust, key.fid, message, sizeof message - 1, signature));
        for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(scheme->verify(&trust, key.fid, message, sizeof message, signature));
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void ed25519_names_the_author_by_its_key(void **state) {
    (void)state;
    struct tssb_key key, other;
    uint8_t message[] = "message", signature[TSSB_SIGNATURE_SIZE], another_secret[32] = {1};
    tssb_key_init(&key, &tssb_scheme_ed25519, secret, label);
    tssb_key_init(&other, &tssb_scheme_ed25519, another_secret, label);
    assert_memory_not_equal(key.fid, other.fid, TSSB_FID_SIZE);
    key.scheme->sign(&key, message, sizeof message, signature);
    assert_false(key.scheme->verify(&trust_ed25519, other.fid, message, sizeof message, signature));
}

/* With a small-order key, R = B * S fits any message: strict verification refuses the key. */
static void ed25519_refuses_a_small_order_key(void **state) {
    (void)state;
    uint8_t neutral[TSSB_FID_SIZE] = {1}, signature[TSSB_SIGNATURE_SIZE] = {1};
    uint8_t message[] = "anything at all";
    assert_false(
        tssb_scheme_ed25519.verify(&trust_ed25519, neutral, message, sizeof message, signature));
}

static void hmac_names_the_author_by_a_label(void **state) {
    (void)state;
    struct tssb_key key;
    tssb_key_init(&key, tssb_scheme_find("hmac-sha512"), secret, label);
    assert_memory_equal(key.fid, label, sizeof label);
}

static void hmac_holds_for_the_shared_secret_alone(void **state) {
    (void)state;
    const struct tssb_scheme *scheme = tssb_scheme_find("hmac-sha512");
    const struct tssb_trust stranger = {.scheme = scheme, .shared_secret = {7}};
    struct tssb_key key;
    uint8_t message[] = "message", signature[TSSB_SIGNATURE_SIZE];
    tssb_key_init(&key, scheme, secret, label);
    scheme->sign(&key, message, sizeof message, signature);
    assert_false(scheme->verify(&stranger, key.fid, message, sizeof message, signature));
}

static void a_wiped_key_holds_nothing(void **state) {
    (void)state;
    struct tssb_key key;
    tssb_key_init(&key, &tssb_scheme_ed25519, secret, label);
    tssb_key_wipe(&key);
    assert_true(sodium_is_zero((const uint8_t *)&key, sizeof key));
}

static int start(void **state) {
    (void)state;
    return tssb_scheme_init();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_are_found_by_name),
        cmocka_unit_test(a_signature_holds_for_its_message_alone),
        cmocka_unit_test(ed25519_names_the_author_by_its_key),
        cmocka_unit_test(ed25519_refuses_a_small_order_key),
        cmocka_unit_test(hmac_names_the_author_by_a_label),
        cmocka_unit_test(hmac_holds_for_the_shared_secret_alone),
        cmocka_unit_test(a_wiped_key_holds_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
