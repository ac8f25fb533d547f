/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads sysfs for CCID readers. What a device says of itself is anyone's text: it is made fit to be shown.
 */
#include "cardclient/usb_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES_MAX	 256
#define DESCRIPTORS_MAX	 4096u
#define INTERFACES_MAX	 4u
#define TEXT_MAX	 128u
#define FILE_NAME_MAX	 300u
#define SERIAL_SHOWN_MAX 40

const struct usb_roots usb_system = {
    .devices = "/sys/bus/usb/devices", .nodes = "/dev/bus/usb", .processes = "/proc"};

struct device {
	const char *path;
	char dir[FILE_NAME_MAX];
};

static size_t read_file(const struct device *d, const char *attribute, void *to, size_t size)
{
	char file[FILE_NAME_MAX + 32];
	size_t got = 0;

	(void)snprintf(file, sizeof(file), "%s/%s", d->dir, attribute);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	for (ssize_t n = 1; n > 0 && got<size; got += n> 0 ? (size_t)n : 0)
		n = read(fd, (uint8_t *)to + got, size - got);
	close(fd);
	return got;
}

static bool continues(char byte)
{
	return ((unsigned char)byte & 0xC0u) == 0x80u;
}

/* One line, without control characters (C1's, too, which are C2 80 to C2 9F) and blanks at its ends. */
static void read_text(const struct device *d, const char *attribute, char text[TEXT_MAX])
{
	size_t len = read_file(d, attribute, text, TEXT_MAX - 1), start = 0;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	while (start < len && text[start] == ' ')
		start++;
	memmove(text, text + start, len - start);
	len -= start;
	text[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool c1 =
		    byte == 0xC2 && (unsigned char)text[i + 1] >= 0x80 && (unsigned char)text[i + 1] <= 0x9F;
		if (byte < 0x20 || byte == 0x7F)
			text[i] = '?';
		if (c1)
			text[i] = text[i + 1] = '?';
	}
}

static unsigned read_number(const struct device *d, const char *attribute, int base)
{
	char text[TEXT_MAX];

	read_text(d, attribute, text);
	return (unsigned)strtoul(text, NULL, base);
}

/* Cuts a text that does not fit, not within a character. */
static void cut(char *text, size_t room)
{
	size_t len = strlen(text);

	if (len < room)
		return;
	for (len = room - 1; len > 0 && continues(text[len]);)
		len--;
	text[len] = '\0';
}

static void name_device(const struct device *d, char name[TEXT_MAX + 64])
{
	char product[TEXT_MAX], serial[TEXT_MAX];

	read_text(d, "product", product);
	read_text(d, "serial", serial);
	if (product[0] == '\0')
		(void)snprintf(product, sizeof(product), "USB reader %04x:%04x",
			       read_number(d, "idVendor", 16) & 0xFFFF,
			       read_number(d, "idProduct", 16) & 0xFFFF);
	cut(product, 65);
	cut(serial, SERIAL_SHOWN_MAX + 1);
	if (serial[0] != '\0')
		(void)snprintf(name, TEXT_MAX + 64, "%.64s (%.40s)", product, serial);
	else
		(void)snprintf(name, TEXT_MAX + 64, "%.64s at %s", product, d->path);
}

/* sysfs gives each device a number of its own, in the order in which they come. */
static uint32_t plugged(const struct device *d, unsigned number)
{
	struct stat st = {.st_ino = 0};

	(void)stat(d->dir, &st);
	return (uint32_t)st.st_ino * 0x9E3779B1u ^ (uint32_t)number << 24;
}

struct found {
	struct usb_slot *out;
	size_t max, count;
};

static void add_slots(struct found *f, const struct device *d, const struct usb_roots *roots,
		      const struct ccid_interface *interfaces, size_t count)
{
	unsigned bus = read_number(d, "busnum", 10), number = read_number(d, "devnum", 10), nth = 0;
	bool several = count > 1 || interfaces[0].slots > 1;
	struct usb_slot slot = {.plugged = plugged(d, number)};
	char name[TEXT_MAX + 64];

	name_device(d, name);
	(void)snprintf(slot.path, sizeof(slot.path), "%s", d->path);
	(void)snprintf(slot.node, sizeof(slot.node), "%s/%03u/%03u", roots->nodes, bus, number);
	slot.usable = access(slot.node, R_OK | W_OK) == 0;
	for (size_t i = 0; i < count; i++) {
		slot.interface = interfaces[i];
		for (unsigned k = 0; k < interfaces[i].slots && f->count < f->max; k++) {
			slot.slot = (uint8_t)k;
			if (several)
				(void)snprintf(slot.name, sizeof(slot.name), "%.108s slot %u", name, nth++);
			else
				(void)snprintf(slot.name, sizeof(slot.name), "%.127s", name);
			f->out[f->count++] = slot;
		}
	}
}

static void scan_device(struct found *f, const struct device *d, const struct usb_roots *roots, bool *unready)
{
	uint8_t descriptors[DESCRIPTORS_MAX];
	struct ccid_interface interfaces[INTERFACES_MAX];
	size_t count, len = read_file(d, "descriptors", descriptors, sizeof(descriptors));
	unsigned configuration = read_number(d, "bConfigurationValue", 10);

	/* The first configuration, too, has a number: 1, mostly. */
	bool configured = configuration > 0 && configuration <= 0xFF;
	if (ccid_interfaces(cs_view(descriptors, len), (uint8_t)(configured ? configuration : 1), interfaces,
			    INTERFACES_MAX, &count) != CS_OK ||
	    count == 0)
		return;
	if (!configured)
		*unready = true;
	else
		add_slots(f, d, roots, interfaces, count);
}

static int is_device(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && strchr(entry->d_name, ':') == NULL &&
	       strlen(entry->d_name) < USB_PATH_MAX;
}

void usb_scan(const struct usb_roots *roots, struct usb_slot *out, size_t max, size_t *count, bool *unready)
{
	struct found f = {.out = out, .max = max};
	struct dirent **entries;
	int n = scandir(roots->devices, &entries, is_device, alphasort);

	*unready = false;
	for (int i = 0; i < n; i++) {
		struct device d = {.path = entries[i]->d_name};
		(void)snprintf(d.dir, sizeof(d.dir), "%s/%s", roots->devices, d.path);
		if (i < DEVICES_MAX)
			scan_device(&f, &d, roots, unready);
		free(entries[i]);
	}
	if (n >= 0)
		free((void *)entries);
	*count = f.count;
}

bool usb_slot_claimed(const struct usb_roots *roots, const struct usb_slot *slot)
{
	struct device d = {.path = slot->path};
	char driver[2 * FILE_NAME_MAX];

	(void)snprintf(d.dir, sizeof(d.dir), "%.200s/%.31s", roots->devices, slot->path);
	(void)snprintf(driver, sizeof(driver), "%s:%u.%u/driver", d.dir,
		       read_number(&d, "bConfigurationValue", 10), slot->interface.number);
	return access(driver, F_OK) == 0;
}
