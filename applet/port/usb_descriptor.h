/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the token says about itself on USB (Universal Serial Bus 2.0, 9.5 and 9.6; USB Device Class: Smart Card, CCID 1.1, 5.1
 * and 5.2): one interface of class 0B with a bulk pipe each way and one for interrupts; and where it is wanted, a second one, a boot
 * keyboard (Device Class Definition for HID 1.11). Multi-byte fields are little-endian.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_DESCRIPTOR_H
#define COUNTERSIGN_APPLET_PORT_USB_DESCRIPTOR_H

#include "base/bytes.h"

/* Of pid.codes, for tests at one's own desk. What is sold or given away needs a pair of its own. */
#define USB_TEST_VENDOR	 0x1209u
#define USB_TEST_PRODUCT 0x0001u

#define USB_LANGUAGE 0x0409u /* of the strings: English (United States) */

enum usb_speed { USB_FULL = 2, USB_HIGH = 3 }; /* as USB/IP and Linux number them */

/* bEndpointAddress. */
enum usb_endpoint { USB_BULK_OUT = 0x01, USB_BULK_IN = 0x82, USB_INTERRUPT_IN = 0x83, USB_KEYBOARD_IN = 0x84 };

/* bInterfaceNumber. */
enum usb_face { USB_FACE_CCID = 0, USB_FACE_KEYBOARD = 1 };

enum usb_descriptor {
	USB_DEVICE = 1,
	USB_CONFIGURATION = 2,
	USB_STRING = 3,
	USB_INTERFACE = 4,
	USB_ENDPOINT = 5,
	USB_QUALIFIER = 6,
	USB_OTHER_SPEED = 7,
	USB_CCID = 0x21,
	USB_HID = 0x21, /* of the other interface */
	USB_HID_REPORT = 0x22,
};

/* iManufacturer, iProduct, iSerialNumber. */
enum usb_string { USB_STRING_LANGUAGES, USB_STRING_MANUFACTURER, USB_STRING_PRODUCT, USB_STRING_SERIAL };

struct usb_identity {
	uint16_t vendor, product;
	uint32_t serial; /* of the card; eight hexadecimal digits on USB */
	bool keyboard;	 /* the second interface is there */
};

#define USB_PACKET_CONTROL    64u
#define USB_PACKET_INTERRUPT  8u
#define USB_CCID_LEN	      54u
#define USB_CONFIGURATION_LEN (9u + 9u + USB_CCID_LEN + 3u * 7u)
#define USB_KEYBOARD_LEN      (9u + 9u + 7u) /* more, with a keyboard */

/* wMaxPacketSize of the bulk pipes. */
uint16_t usb_packet_bulk(enum usb_speed speed);

/* The serial number as text, and its NUL. */
void usb_serial_text(uint32_t serial, char text[9]);

/* The product's name, and the maker's; static. */
const char *usb_string_text(enum usb_string which);

void usb_write_device(struct cs_writer *w, const struct usb_identity *id);
void usb_write_qualifier(struct cs_writer *w);
/* Configuration, interfaces and pipes. type: USB_CONFIGURATION or USB_OTHER_SPEED. */
void usb_write_configuration(struct cs_writer *w, enum usb_descriptor type, enum usb_speed speed, bool keyboard);
/* False: there is no such string. */
bool usb_write_string(struct cs_writer *w, const struct usb_identity *id, uint8_t which);

/* The parts of the configuration, for those who have the kernel put it together. */
void usb_write_interface(struct cs_writer *w, uint8_t name); /* the number of its string */
void usb_write_ccid(struct cs_writer *w);
void usb_write_endpoints(struct cs_writer *w, enum usb_speed speed);
void usb_write_keyboard(struct cs_writer *w, enum usb_speed speed, uint8_t name); /* the second interface, and its pipe */

/* The keyboard's: what its interface says, and what its reports mean (HID 1.11, B.1: a boot keyboard). */
void usb_write_hid(struct cs_writer *w);
void usb_write_hid_report(struct cs_writer *w);

#endif
