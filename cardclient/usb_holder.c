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

#define COMM_MAX       17
#define UIDS_OF_SYSTEM 1000u /* below: root, and what packages run as */

struct holder {
	char comm[COMM_MAX];
	long pid;     /* 0: not known */
	bool guessed; /* its files are not ours to see */
};

/* ---- /proc ---- */

static bool read_comm(const char *processes, const char *pid, char comm[COMM_MAX])
{
	char file[NAME_MAX];
	size_t got = 0;

	(void)snprintf(file, sizeof(file), "%.200s/%.20s/comm", processes, pid);
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
static int has_open(const char *processes, const char *pid, const char *node)
{
	char path[300 + NAME_MAX], target[USB_NODE_MAX];
	struct dirent *entry;
	int found = 0;

	(void)snprintf(path, sizeof(path), "%.200s/%.20s/fd", processes, pid);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (found == 0 && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%.200s/%.20s/fd/%s", processes, pid, entry->d_name);
		ssize_t n = readlink(path, target, sizeof(target));
		found = n > 0 && (size_t)n == strlen(node) && memcmp(target, node, (size_t)n) == 0;
	}
	(void)closedir(dir);
	return found;
}

/* A name is anyone's to take; whose the process is, is not. (Who owns its folder would not tell: that is
 * root, too, where it forbids to be looked into.) */
static bool is_systems(const char *processes, const char *pid)
{
	char file[NAME_MAX], line[128];
	unsigned long uid = UIDS_OF_SYSTEM;

	(void)snprintf(file, sizeof(file), "%.200s/%.20s/status", processes, pid);
	FILE *f = fopen(file, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "Uid:", 4) == 0)
			uid = strtoul(line + 4, NULL, 10);
	}
	if (f != NULL)
		(void)fclose(f);
	return uid < UIDS_OF_SYSTEM;
}

static void note(struct holder *h, const char *processes, const char *pid, bool guessed)
{
	h->pid = strtol(pid, NULL, 10);
	h->guessed = guessed;
	if (!read_comm(processes, pid, h->comm))
		memcpy(h->comm, "a program", 10);
}

static bool may_be_pcscd(const char *processes, const char *pid)
{
	char comm[COMM_MAX];

	return read_comm(processes, pid, comm) && strcmp(comm, "pcscd") == 0 && is_systems(processes, pid);
}

/* Where nobody who can be seen has it open: a pcscd of the system's, most probably. */
static struct holder find_holder(const struct usb_roots *roots, const char *node)
{
	struct holder seen = {.pid = 0}, unseen = {.pid = 0};
	const char *processes = roots->processes;
	struct dirent *entry;
	DIR *dir = opendir(processes);

	while (dir != NULL && seen.pid == 0 && (entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    strtol(entry->d_name, NULL, 10) == (long)getpid())
			continue;
		int has = has_open(processes, entry->d_name, node);
		if (has > 0)
			note(&seen, processes, entry->d_name, false);
		else if (has < 0 && may_be_pcscd(processes, entry->d_name))
			note(&unseen, processes, entry->d_name, true);
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

bool usb_kept(const struct usb_roots *roots, const char *node)
{
	struct holder holder = find_holder(roots, node);

	return holder.pid != 0 && keeper_named(holder.comm) != NULL;
}

static void explain_busy(const struct usb_roots *roots, const struct usb_slot *slot, char *text, size_t size)
{
	struct holder holder = find_holder(roots, slot->node);
	const struct keeper *keeper = keeper_named(holder.comm);

	if (holder.pid == 0)
		(void)snprintf(text, size,
			       "another user's program has the token \"%s\"; try again when it has done",
			       slot->name);
	else
		(void)snprintf(text, size, "%s (process %ld)%s has the token \"%s\"; %s", holder.comm,
			       holder.pid, holder.guessed ? " most probably" : "", slot->name,
			       keeper != NULL ? keeper->advice : "try again when it has done, or end it");
}

bool usb_explain(const struct usb_roots *roots, const struct usb_slot *slot, enum cs_err err, char *text,
		 size_t size)
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
		explain_busy(roots, slot, text, size);
	else
		return false;
	return true;
}
