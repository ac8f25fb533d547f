/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which readers are found in a folder made like the kernel's: with our token's own descriptors, and with what
 * others may say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet/port/usb_descriptor.h"
#include "cardclient/usb_scan.h"

struct tree {
	char dir[64], devices[80], nodes[80];
	struct usb_roots roots;
	struct usb_slot slots[4];
	size_t count;
	bool unready;
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* An empty file at the node's place. */
static void put_node(const struct tree *t)
{
	char path[160];

	assert_int_equal(mkdir(t->nodes, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/001", t->nodes);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/001/007", t->nodes);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	memcpy(t->dir, "/tmp/usb-scan-XXXXXX", 21);
	assert_non_null(mkdtemp(t->dir));
	(void)snprintf(t->devices, sizeof(t->devices), "%s/devices", t->dir);
	(void)snprintf(t->nodes, sizeof(t->nodes), "%s/nodes", t->dir);
	assert_int_equal(mkdir(t->devices, 0755), 0);
	t->roots = (struct usb_roots){.devices = t->devices, .nodes = t->nodes};
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;

	assert_int_equal(nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(t);
	return 0;
}

static void put(const struct tree *t, const char *device, const char *attribute, const void *bytes,
		size_t len)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", t->devices, device);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", t->devices, device, attribute);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void put_text(const struct tree *t, const char *device, const char *attribute, const char *text)
{
	put(t, device, attribute, text, strlen(text));
}

static void plug(const struct tree *t, const char *device, const char *number)
{
	static const struct usb_identity id = {.vendor = 0x1209, .product = 1, .serial = 0x1A2B};
	uint8_t bytes[200];
	struct cs_writer w = CS_WRITER_OF(bytes);

	usb_write_device(&w, &id);
	usb_write_configuration(&w, USB_CONFIGURATION, USB_HIGH, false);
	put(t, device, "descriptors", bytes, cs_writer_view(&w).len);
	put_text(t, device, "bConfigurationValue", "1\n");
	put_text(t, device, "busnum", "1\n");
	put_text(t, device, "devnum", number);
	put_text(t, device, "product", "Countersign Token\n");
	put_text(t, device, "serial", "00001A2B\n");
}

static void scan(struct tree *t)
{
	usb_scan(&t->roots, t->slots, 4, &t->count, &t->unready);
}

static void a_token_is_found_by_its_class_and_named_by_product_and_serial_number(void **state)
{
	struct tree *t = *state;
	char node[160];

	plug(t, "1-2.4", "7\n");
	put_text(t, "1-3", "descriptors", "");
	put_text(t, "usb1", "descriptors", "");
	scan(t);
	assert_int_equal(t->count, 1);
	assert_false(t->unready);
	assert_string_equal(t->slots[0].name, "Countersign Token (00001A2B)");
	assert_string_equal(t->slots[0].path, "1-2.4");
	(void)snprintf(node, sizeof(node), "%s/001/007", t->nodes);
	assert_string_equal(t->slots[0].node, node);
	assert_false(t->slots[0].usable);
	/* Its node, with the rights to it. */
	put_node(t);
	scan(t);
	assert_true(t->slots[0].usable);
}

static void plugged_in_again_it_is_another(void **state)
{
	struct tree *t = *state;

	plug(t, "1-1", "7\n");
	scan(t);
	uint32_t before = t->slots[0].plugged;
	plug(t, "1-1", "8\n");
	scan(t);
	assert_int_not_equal(t->slots[0].plugged, before);
}

static void a_slot_is_claimed_where_its_interface_has_a_driver(void **state)
{
	struct tree *t = *state;

	plug(t, "1-2.4", "7\n");
	scan(t);
	assert_false(usb_slot_claimed(&t->roots, &t->slots[0]));
	put_text(t, "1-2.4:2.0", "driver", "");
	put_text(t, "1-2.4:1.1", "driver", "");
	assert_false(usb_slot_claimed(&t->roots, &t->slots[0]));
	put_text(t, "1-2.4:1.0", "driver", "");
	assert_true(usb_slot_claimed(&t->roots, &t->slots[0]));
}

static void a_device_without_a_serial_number_is_named_by_its_place(void **state)
{
	struct tree *t = *state;

	plug(t, "1-1", "7\n");
	put_text(t, "1-1", "serial", "");
	put_text(t, "1-1", "product", "");
	put_text(t, "1-1", "idVendor", "1209\n");
	put_text(t, "1-1", "idProduct", "0001\n");
	scan(t);
	assert_string_equal(t->slots[0].name, "USB reader 1209:0001 at 1-1");
}

static void what_a_device_calls_itself_does_nothing_to_a_terminal(void **state)
{
	struct tree *t = *state;

	plug(t, "1-1", "7\n");
	put_text(t, "1-1", "product", "\033[31m\xC2\x9B Ключ\n");
	scan(t);
	assert_string_equal(t->slots[0].name, "?[31m?? Ключ (00001A2B)");
}

static void a_long_name_is_cut_between_characters(void **state)
{
	struct tree *t = *state;
	char product[200] = "";

	plug(t, "1-1", "7\n");
	for (size_t i = 0; i < 60; i++)
		memcpy(product + 2 * i, "\xD0\x96", 2);
	put_text(t, "1-1", "product", product);
	scan(t);
	assert_int_equal(strlen(t->slots[0].name), 64 + strlen(" (00001A2B)"));
}

static void a_device_that_is_not_configured_yet_is_waited_for(void **state)
{
	struct tree *t = *state;

	plug(t, "1-1", "7\n");
	put_text(t, "1-1", "bConfigurationValue", "\n");
	scan(t);
	assert_int_equal(t->count, 0);
	assert_true(t->unready);
}

static void slots_beyond_what_is_asked_for_are_left_out(void **state)
{
	struct tree *t = *state;
	static const char *const places[] = {"1-1", "1-2", "1-3", "1-4", "1-5"};

	for (size_t i = 0; i < 5; i++)
		plug(t, places[i], "7\n");
	scan(t);
	assert_int_equal(t->count, 4);
	assert_string_equal(t->slots[3].path, "1-4");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(a_token_is_found_by_its_class_and_named_by_product_and_serial_number),
	    EACH(plugged_in_again_it_is_another),
	    EACH(a_slot_is_claimed_where_its_interface_has_a_driver),
	    EACH(a_device_without_a_serial_number_is_named_by_its_place),
	    EACH(what_a_device_calls_itself_does_nothing_to_a_terminal),
	    EACH(a_long_name_is_cut_between_characters),
	    EACH(a_device_that_is_not_configured_yet_is_waited_for),
	    EACH(slots_beyond_what_is_asked_for_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
