/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the token's descriptors.
 */
#include "applet/port/usb_descriptor.h"

#include "applet/port/ccid.h"

#define USB_2_0	       0x0200u
#define DEVICE_RELEASE 0x0100u
#define CCID_1_1       0x0110u
#define CLASS_CCID     0x0Bu
#define CLASS_HID      0x03u
#define HID_1_11       0x0111u
#define BUS_POWERED    0x80u
#define MILLIAMPERES   100u

/* The interrupt pipe is asked every 128 ms: 2^(11 - 1) microframes, or milliseconds. */
#define INTERVAL_HIGH 11u
#define INTERVAL_FULL 128u

/* The keyboard's every 8 ms: 2^(7 - 1) microframes. */
#define KEYBOARD_INTERVAL_HIGH 7u
#define KEYBOARD_INTERVAL_FULL 8u

/* No wire joins the card to its reader; the numbers are such as readers have. */
#define VOLTAGES      0x07u /* 5, 3 and 1.8 V */
#define PROTOCOL_T1   0x02u
#define CLOCK_KHZ     4000u
#define BITS_A_SECOND 10752u
#define IFSD	      254u
#define ECHO_CLASS    0xFFu /* of GET RESPONSE and ENVELOPE: the command's own */

static void write_le16(struct cs_writer *w, unsigned value)
{
	cs_write_u8(w, (uint8_t)value);
	cs_write_u8(w, (uint8_t)(value >> 8));
}

static void write_le32(struct cs_writer *w, uint32_t value)
{
	write_le16(w, value & 0xFFFF);
	write_le16(w, value >> 16);
}

uint16_t usb_packet_bulk(enum usb_speed speed)
{
	return speed == USB_HIGH ? 512 : 64;
}

void usb_serial_text(uint32_t serial, char text[9])
{
	for (size_t i = 0; i < 8; i++)
		text[i] = "0123456789ABCDEF"[serial >> (28 - 4 * i) & 0xF];
	text[8] = '\0';
}

const char *usb_string_text(enum usb_string which)
{
	return which == USB_STRING_MANUFACTURER ? "Countersign" : "Countersign Token";
}

void usb_write_device(struct cs_writer *w, const struct usb_identity *id)
{
	cs_write_u8(w, 18);
	cs_write_u8(w, USB_DEVICE);
	write_le16(w, USB_2_0);
	cs_write_fill(w, 0, 3); /* class, subclass, protocol: the interface says */
	cs_write_u8(w, USB_PACKET_CONTROL);
	write_le16(w, id->vendor);
	write_le16(w, id->product);
	write_le16(w, DEVICE_RELEASE);
	cs_write_u8(w, USB_STRING_MANUFACTURER);
	cs_write_u8(w, USB_STRING_PRODUCT);
	cs_write_u8(w, USB_STRING_SERIAL);
	cs_write_u8(w, 1); /* configurations */
}

void usb_write_qualifier(struct cs_writer *w)
{
	cs_write_u8(w, 10);
	cs_write_u8(w, USB_QUALIFIER);
	write_le16(w, USB_2_0);
	cs_write_fill(w, 0, 3);
	cs_write_u8(w, USB_PACKET_CONTROL);
	cs_write_u8(w, 1);
	cs_write_u8(w, 0);
}

void usb_write_interface(struct cs_writer *w, uint8_t name)
{
	cs_write_u8(w, 9);
	cs_write_u8(w, USB_INTERFACE);
	cs_write_fill(w, 0, 2); /* its number, and alternate */
	cs_write_u8(w, 3);	/* pipes */
	cs_write_u8(w, CLASS_CCID);
	cs_write_fill(w, 0, 2); /* subclass; protocol: bulk */
	cs_write_u8(w, name);
}

void usb_write_ccid(struct cs_writer *w)
{
	cs_write_u8(w, USB_CCID_LEN);
	cs_write_u8(w, USB_CCID);
	write_le16(w, CCID_1_1);
	cs_write_u8(w, 0); /* the last slot */
	cs_write_u8(w, VOLTAGES);
	write_le32(w, PROTOCOL_T1);
	write_le32(w, CLOCK_KHZ);
	write_le32(w, CLOCK_KHZ);
	cs_write_u8(w, 0); /* clocks to choose from */
	write_le32(w, BITS_A_SECOND);
	write_le32(w, BITS_A_SECOND);
	cs_write_u8(w, 0); /* rates to choose from */
	write_le32(w, IFSD);
	write_le32(w, 0); /* synchronous protocols */
	write_le32(w, 0); /* mechanics */
	write_le32(w, CCID_FEATURES);
	write_le32(w, CCID_MESSAGE_MAX);
	cs_write_u8(w, ECHO_CLASS);
	cs_write_u8(w, ECHO_CLASS);
	write_le16(w, 0);  /* display */
	cs_write_u8(w, 0); /* PIN pad */
	cs_write_u8(w, 1); /* slots that can be busy */
}

static void write_endpoint(struct cs_writer *w, enum usb_endpoint address, uint8_t attributes,
			   uint16_t packet, uint8_t interval)
{
	cs_write_u8(w, 7);
	cs_write_u8(w, USB_ENDPOINT);
	cs_write_u8(w, (uint8_t)address);
	cs_write_u8(w, attributes);
	write_le16(w, packet);
	cs_write_u8(w, interval);
}

enum { BULK = 2, INTERRUPT = 3 }; /* bmAttributes of a pipe */

void usb_write_endpoints(struct cs_writer *w, enum usb_speed speed)
{
	write_endpoint(w, USB_BULK_OUT, BULK, usb_packet_bulk(speed), 0);
	write_endpoint(w, USB_BULK_IN, BULK, usb_packet_bulk(speed), 0);
	write_endpoint(w, USB_INTERRUPT_IN, INTERRUPT, USB_PACKET_INTERRUPT,
		       speed == USB_HIGH ? INTERVAL_HIGH : INTERVAL_FULL);
}

/* ---- the keyboard ---- */

static const uint8_t hid_report[] = {
    0x05, 0x01,							/* usage page: generic desktop */
    0x09, 0x06,							/* usage: keyboard */
    0xA1, 0x01,							/* collection: application */
    0x05, 0x07,							/*   usage page: keys */
    0x19, 0xE0,							/*   from left control */
    0x29, 0xE7,							/*   to right GUI */
    0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, /* a bit each: input */
    0x95, 0x01, 0x75, 0x08, 0x81, 0x01,				/* a byte of nothing: input */
    0x05, 0x08,							/*   usage page: lamps */
    0x19, 0x01, 0x29, 0x05, 0x95, 0x05, 0x75, 0x01, 0x91, 0x02, /* NumLock to Kana, a bit each: output */
    0x95, 0x01, 0x75, 0x03, 0x91, 0x01,				/* three bits of nothing: output */
    0x05, 0x07,							/*   usage page: keys */
    0x19, 0x00, 0x29, 0x65, 0x15, 0x00, 0x25, 0x65, 0x95, 0x06,
    0x75, 0x08, 0x81, 0x00, /* six that are down: input */
    0xC0,
};

void usb_write_hid_report(struct cs_writer *w)
{
	cs_write_view(w, CS_VIEW_OF(hid_report));
}

void usb_write_hid(struct cs_writer *w)
{
	cs_write_u8(w, 9);
	cs_write_u8(w, USB_HID);
	write_le16(w, HID_1_11);
	cs_write_u8(w, 0); /* no country's layout */
	cs_write_u8(w, 1); /* one more descriptor: */
	cs_write_u8(w, USB_HID_REPORT);
	write_le16(w, sizeof(hid_report));
}

void usb_write_keyboard(struct cs_writer *w, enum usb_speed speed, uint8_t name)
{
	cs_write_u8(w, 9);
	cs_write_u8(w, USB_INTERFACE);
	cs_write_u8(w, USB_FACE_KEYBOARD);
	cs_write_u8(w, 0); /* alternate */
	cs_write_u8(w, 1); /* pipes */
	cs_write_u8(w, CLASS_HID);
	cs_write_u8(w, 1); /* subclass: boot */
	cs_write_u8(w, 1); /* protocol: keyboard */
	cs_write_u8(w, name);
	usb_write_hid(w);
	write_endpoint(w, USB_KEYBOARD_IN, INTERRUPT, USB_PACKET_INTERRUPT,
		       speed == USB_HIGH ? KEYBOARD_INTERVAL_HIGH : KEYBOARD_INTERVAL_FULL);
}

void usb_write_configuration(struct cs_writer *w, enum usb_descriptor type, enum usb_speed speed,
			     bool keyboard)
{
	cs_write_u8(w, 9);
	cs_write_u8(w, (uint8_t)type);
	write_le16(w, USB_CONFIGURATION_LEN + (keyboard ? USB_KEYBOARD_LEN : 0));
	cs_write_u8(w, keyboard ? 2 : 1); /* interfaces */
	cs_write_u8(w, 1);		  /* its own number */
	cs_write_u8(w, 0);
	cs_write_u8(w, BUS_POWERED);
	cs_write_u8(w, MILLIAMPERES / 2);
	usb_write_interface(w, USB_STRING_PRODUCT);
	usb_write_ccid(w);
	usb_write_endpoints(w, speed);
	if (keyboard)
		usb_write_keyboard(w, speed, USB_STRING_PRODUCT);
}

bool usb_write_string(struct cs_writer *w, const struct usb_identity *id, uint8_t which)
{
	char serial[9];
	const char *text;
	struct cs_view view;

	if (which > USB_STRING_SERIAL)
		return false;
	if (which == USB_STRING_LANGUAGES) {
		cs_write_u8(w, 4);
		cs_write_u8(w, USB_STRING);
		write_le16(w, USB_LANGUAGE);
		return true;
	}
	usb_serial_text(id->serial, serial);
	text = which == USB_STRING_SERIAL ? serial : usb_string_text((enum usb_string)which);
	view = cs_view_string(text);
	cs_write_u8(w, (uint8_t)(2 + 2 * view.len));
	cs_write_u8(w, USB_STRING);
	for (size_t i = 0; i < view.len; i++) /* UTF-16 of what is ASCII */
		write_le16(w, view.ptr[i]);
	return true;
}
