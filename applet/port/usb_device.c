/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Standard requests, the one of the CCID class, and those of a keyboard.
 *
 *   addressed (configuration 0) --SET_CONFIGURATION 1--> configured --SET_CONFIGURATION 0--> addressed
 */
#include "applet/port/usb_device.h"

#include "applet/port/ccid.h"

/* bmRequestType */
#define TYPE_IN	   0x80u
#define TO_DEVICE  0x00u
#define TO_FACE	   0x01u
#define TO_PIPE	   0x02u
#define CLASS_FACE 0x21u
#define CLASS_IN   0xA1u

/* bRequest (table 9-4) */
enum {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	SET_ADDRESS = 5,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
};

/* bRequest of the HID class (HID 1.11, 7.2) */
enum { GET_REPORT = 1, GET_IDLE = 2, GET_PROTOCOL = 3, SET_REPORT = 9, SET_IDLE = 10, SET_PROTOCOL = 11 };
enum { REPORT_INPUT = 1, REPORT_OUTPUT = 2 }; /* high byte of wValue */
#define INPUT_LEN 8u

#define ENDPOINT_HALT	 0u
#define DESCRIPTOR(type) ((uint16_t)((type) << 8))

struct request {
	uint8_t type, code;
	uint16_t value, index, length;
};

static const struct usb_outcome done = {.event = USB_NOTHING};
static const struct usb_outcome stall = {.stall = true, .event = USB_NOTHING};

static bool is_pipe(const struct usb_device *d, uint16_t index)
{
	return index == USB_BULK_OUT || index == USB_BULK_IN || index == USB_INTERRUPT_IN ||
	       (index == USB_KEYBOARD_IN && d->id.keyboard);
}

static bool is_face(const struct usb_device *d, uint16_t index)
{
	return index == USB_FACE_CCID || (index == USB_FACE_KEYBOARD && d->id.keyboard);
}

static uint8_t pipe_bit(uint16_t index)
{
	return (uint8_t)(1u << (index & 0x0F));
}

bool usb_device_halted(const struct usb_device *device, enum usb_endpoint endpoint)
{
	return (device->halted & pipe_bit((uint16_t)endpoint)) != 0;
}

void usb_device_configure(struct usb_device *device, uint8_t configuration)
{
	device->configuration = configuration;
	device->idle = 0;
	device->protocol = 1; /* report */
	device->halted = 0;
}

static struct usb_outcome get_descriptor(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	enum usb_speed other = d->speed == USB_HIGH ? USB_FULL : USB_HIGH;

	switch (r->value) {
	case DESCRIPTOR(USB_DEVICE):
		usb_write_device(in, &d->id);
		return done;
	case DESCRIPTOR(USB_CONFIGURATION):
		usb_write_configuration(in, USB_CONFIGURATION, d->speed, d->id.keyboard);
		return done;
	case DESCRIPTOR(USB_QUALIFIER):
		usb_write_qualifier(in);
		return done;
	case DESCRIPTOR(USB_OTHER_SPEED):
		usb_write_configuration(in, USB_OTHER_SPEED, other, d->id.keyboard);
		return done;
	default:
		if (r->value >> 8 == USB_STRING && usb_write_string(in, &d->id, (uint8_t)r->value))
			return done;
		return stall;
	}
}

static struct usb_outcome set_configuration(struct usb_device *d, const struct request *r,
					    struct cs_writer *in)
{
	(void)in;
	if (r->value > 1)
		return stall;
	usb_device_configure(d, (uint8_t)r->value);
	return (struct usb_outcome){.event = r->value ? USB_CONFIGURED : USB_DECONFIGURED};
}

static struct usb_outcome get_configuration(struct usb_device *d, const struct request *r,
					    struct cs_writer *in)
{
	(void)r;
	cs_write_u8(in, d->configuration);
	return done;
}

static struct usb_outcome set_address(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)d;
	(void)r;
	(void)in;
	return done;
}

/* Neither self-powered nor able to wake the host; a pipe is halted or not. */
static struct usb_outcome get_status(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	bool pipe = (r->type & 0x1F) == TO_PIPE;

	if (!pipe && (r->type & 0x1F) == TO_FACE && !is_face(d, r->index))
		return stall;
	if (pipe && !is_pipe(d, r->index) && (r->index & 0x7F) != 0)
		return stall;
	cs_write_u8(in, pipe && (r->index & 0x7F) != 0 && (d->halted & pipe_bit(r->index)) != 0);
	cs_write_u8(in, 0);
	return done;
}

static struct usb_outcome feature(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)in;
	if (r->value != ENDPOINT_HALT || !is_pipe(d, r->index))
		return stall;
	if (r->code == SET_FEATURE)
		d->halted |= pipe_bit(r->index);
	else
		d->halted &= (uint8_t)~pipe_bit(r->index);
	return done;
}

static struct usb_outcome get_interface(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	if (!is_face(d, r->index))
		return stall;
	cs_write_u8(in, 0);
	return done;
}

static struct usb_outcome set_interface(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)in;
	if (r->value != 0 || !is_face(d, r->index))
		return stall;
	if (r->index == USB_FACE_KEYBOARD) {
		d->halted &= (uint8_t)~pipe_bit(USB_KEYBOARD_IN);
		return done;
	}
	d->halted &= pipe_bit(USB_KEYBOARD_IN);
	return (struct usb_outcome){.event = USB_CONFIGURED};
}

static struct usb_outcome class_abort(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)d;
	(void)in;
	return (struct usb_outcome){.event = USB_ABORT, .value = r->value};
}

/* ---- the keyboard ---- */

static struct usb_outcome hid_descriptor(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)d;
	if (r->value == DESCRIPTOR(USB_HID))
		usb_write_hid(in);
	else if (r->value == DESCRIPTOR(USB_HID_REPORT))
		usb_write_hid_report(in);
	else
		return stall;
	return done;
}

/* No key is down. */
static struct usb_outcome get_report(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)d;
	if (r->value >> 8 != REPORT_INPUT)
		return stall;
	cs_write_fill(in, 0, INPUT_LEN);
	return done;
}

static struct usb_outcome set_report(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)d;
	(void)in;
	if (r->value >> 8 != REPORT_OUTPUT)
		return stall;
	return (struct usb_outcome){.event = USB_LEDS};
}

static struct usb_outcome get_idle(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)r;
	cs_write_u8(in, d->idle);
	return done;
}

static struct usb_outcome set_idle(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)in;
	d->idle = (uint8_t)(r->value >> 8);
	return done;
}

static struct usb_outcome get_protocol(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)r;
	cs_write_u8(in, d->protocol);
	return done;
}

static struct usb_outcome set_protocol(struct usb_device *d, const struct request *r, struct cs_writer *in)
{
	(void)in;
	if (r->value > 1)
		return stall;
	d->protocol = (uint8_t)r->value;
	return done;
}

/* configured: only when the device is. index: the only one that is there; ANY where the handler looks itself.
 */
#define ANY 0xFFFFu
static const struct row {
	uint8_t type, code;
	bool configured;
	uint16_t index;
	struct usb_outcome (*handle)(struct usb_device *d, const struct request *r, struct cs_writer *in);
} rows[] = {
    {TYPE_IN | TO_DEVICE, GET_STATUS, false, 0, get_status},
    {TYPE_IN | TO_DEVICE, GET_DESCRIPTOR, false, ANY, get_descriptor},
    {TYPE_IN | TO_DEVICE, GET_CONFIGURATION, false, 0, get_configuration},
    {TO_DEVICE, SET_CONFIGURATION, false, 0, set_configuration},
    {TO_DEVICE, SET_ADDRESS, false, 0, set_address},
    {TYPE_IN | TO_FACE, GET_STATUS, true, ANY, get_status},
    {TYPE_IN | TO_FACE, GET_INTERFACE, true, ANY, get_interface},
    {TO_FACE, SET_INTERFACE, true, ANY, set_interface},
    {TYPE_IN | TO_PIPE, GET_STATUS, true, ANY, get_status},
    {TO_PIPE, CLEAR_FEATURE, true, ANY, feature},
    {TO_PIPE, SET_FEATURE, true, ANY, feature},
    {CLASS_FACE, CCID_REQUEST_ABORT, true, USB_FACE_CCID, class_abort},
    {TYPE_IN | TO_FACE, GET_DESCRIPTOR, true, USB_FACE_KEYBOARD, hid_descriptor},
    {CLASS_IN, GET_REPORT, true, USB_FACE_KEYBOARD, get_report},
    {CLASS_IN, GET_IDLE, true, USB_FACE_KEYBOARD, get_idle},
    {CLASS_IN, GET_PROTOCOL, true, USB_FACE_KEYBOARD, get_protocol},
    {CLASS_FACE, SET_REPORT, true, USB_FACE_KEYBOARD, set_report},
    {CLASS_FACE, SET_IDLE, true, USB_FACE_KEYBOARD, set_idle},
    {CLASS_FACE, SET_PROTOCOL, true, USB_FACE_KEYBOARD, set_protocol},
};

static uint16_t le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

struct usb_outcome usb_device_control(struct usb_device *device, const uint8_t setup[USB_SETUP_LEN],
				      struct cs_writer *in)
{
	const struct request r = {setup[0], setup[1], le16(setup + 2), le16(setup + 4), le16(setup + 6)};
	size_t begin = in->len;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct usb_outcome outcome;
		if (row->type != r.type || row->code != r.code)
			continue;
		if (row->index == USB_FACE_KEYBOARD && !device->id.keyboard)
			return stall;
		if ((row->configured && device->configuration == 0) ||
		    (row->index != ANY && row->index != r.index))
			return stall;
		outcome = row->handle(device, &r, in);
		if (in->len - begin > r.length)
			cs_writer_cut(in, begin + r.length);
		return outcome;
	}
	return stall;
}
