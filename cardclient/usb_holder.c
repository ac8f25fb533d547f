/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who has a USB device, as far as /proc tells, and what a person is to be told of it.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define COMM_MAX 17

struct holder {
	char comm[COMM_MAX];
	long pid; /* 0: not known */
};

/* ---- /proc ---- */

static bool read_comm(const char *pid, char comm[COMM_MAX])
{
	char file[64];
	size_t got = 0;

	(void)snprintf(file, sizeof(file), "/proc/%.20s/comm", pid);
	FILE *f = fopen(file, "re");
	if (f == NULL)
		return false;
	got = fread(comm, 1, COMM_MAX - 1, f);
	(void)fclose(f);
	comm[got] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	for (char *c = comm; *c != '\0'; c++) {
		if (!isprint((unsigned char)*c))
			*c = '?';
	}
	return got > 0;
}

/* 1: it has the node open. 0: it has not. -1: its files are not ours to see. */
static int has_open(const char *pid, const char *node)
{
	char path[64 + NAME_MAX], target[USB_NODE_MAX];
	struct dirent *entry;
	int found = 0;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (found == 0 && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "/proc/%.20s/fd/%s", pid, entry->d_name);
		ssize_t n = readlink(path, target, sizeof(target));
		found = n > 0 && (size_t)n == strlen(node) && memcmp(target, node, (size_t)n) == 0;
	}
	(void)closedir(dir);
	return found;
}

static void note(struct holder *h, const char *pid)
{
	h->pid = strtol(pid, NULL, 10);
	if (!read_comm(pid, h->comm))
		memcpy(h->comm, "a program", 10);
}

/* Where nobody who can be seen has it open: a pcscd, which is another user's. */
static struct holder find_holder(const char *node)
{
	struct holder seen = {.pid = 0}, unseen = {.pid = 0};
	char comm[COMM_MAX];
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir != NULL && seen.pid == 0 && (entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    strtol(entry->d_name, NULL, 10) == (long)getpid())
			continue;
		int has = has_open(entry->d_name, node);
		if (has > 0)
			note(&seen, entry->d_name);
		else if (has < 0 && read_comm(entry->d_name, comm) && strcmp(comm, "pcscd") == 0)
			note(&unseen, entry->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return seen.pid != 0 ? seen : unseen;
}

/* ---- programs that keep what they have ---- */

static const struct keeper {
	const char *comm, *advice;
} keepers[] = {
    {"pcscd", "reach the token through it (COUNTERSIGN_TRANSPORT=pcsc), or stop it: systemctl stop "
	      "pcscd.socket pcscd.service"},
    {"scdaemon",
     "end it with \"gpgconf --kill scdaemon\", or have it go through pcscd (disable-ccid in scdaemon.conf)"},
};

static const struct keeper *keeper_named(const char *comm)
{
	for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
		if (strcmp(keepers[i].comm, comm) == 0)
			return &keepers[i];
	}
	return NULL;
}

bool usb_kept(const char *node)
{
	struct holder holder = find_holder(node);

	return holder.pid != 0 && keeper_named(holder.comm) != NULL;
}

static void explain_busy(const struct usb_slot *slot, char *text, size_t size)
{
	struct holder holder = find_holder(slot->node);
	const struct keeper *keeper = keeper_named(holder.comm);

	if (holder.pid == 0)
		(void)snprintf(text, size,
			       "another user's program has the token \"%s\"; try again when it has done",
			       slot->name);
	else
		(void)snprintf(text, size, "%s (process %ld) has the token \"%s\"; %s", holder.comm,
			       holder.pid, slot->name,
			       keeper != NULL ? keeper->advice : "try again when it has done, or end it");
}

bool usb_explain(const struct usb_slot *slot, enum cs_err err, char *text, size_t size)
{
	const char *lacks = ccid_interface_lacks(&slot->interface);

	if (!usb_lib_there())
		(void)snprintf(
		    text, size,
		    "libusb-1.0 is not installed, without which tokens are reached through pcscd alone");
	else if (lacks != NULL)
		(void)snprintf(text, size, "the reader \"%s\" %s", slot->name, lacks);
	else if (!slot->usable)
		(void)snprintf(text, size,
			       "this user may not use the token \"%s\" (%s); Countersign's udev rule lets "
			       "whoever sits at the "
			       "machine: install it and plug the token in again",
			       slot->name, slot->node);
	else if (err == CS_ERR_BUSY)
		explain_busy(slot, text, size);
	else
		return false;
	return true;
}
