/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign-card: the token as a process. Options, and the order in which its parts are put together.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "applet/card_private.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_file.h"
#include "applet/port/platform_host.h"
#include "applet/port/serve.h"
#include "base/secret.h"
#include "config.h"

#define EXIT_USAGE 2

struct options {
	const char *image;
	const char *counter;
	const char *vpcd;
	const char *socket;
	const char *touch;
	const char *notify;
	bool init;
	bool plain;
	uint8_t management; /* enum piv_alg; 0: the profile's */
	enum csgn_profile profile;
};

static const struct {
	const char *name;
	enum csgn_profile profile;
} profiles[] = {
    {"piv", CSGN_PROFILE_PIV},
    {"countersign", CSGN_PROFILE_COUNTERSIGN},
};

static const struct {
	const char *name;
	uint8_t algorithm;
} managements[] = {
    {"3des", PIV_ALG_3DES},
    {"aes128", PIV_ALG_AES128},
    {"aes192", PIV_ALG_AES192},
    {"aes256", PIV_ALG_AES256},
};

static const struct option long_options[] = {
    {"image", required_argument, NULL, 'i'},
    {"init", required_argument, NULL, 'n'},
    {"counter", required_argument, NULL, 'c'},
    {"vpcd", required_argument, NULL, 'v'},
    {"socket", required_argument, NULL, 's'},
    {"touch", required_argument, NULL, 't'},
    {"management", required_argument, NULL, 'm'},
    {"notify", required_argument, NULL, 'y'},
    {"plain", no_argument, NULL, 'p'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char usage_text[] =
    "usage: countersign-card --image FILE [--counter FILE] [--init PROFILE [--management CIPHER]]\n"
    "                        [--vpcd HOST:PORT] [--socket PATH] [--touch HOW]\n"
    "  --image FILE      the card's memory; made if it is not there\n"
    "  --counter FILE    a counter, to be kept elsewhere, that shows an older image put back; made if it is "
    "not "
    "there\n"
    "  --init PROFILE    make the image anew as piv or countersign; what is in it is lost\n"
    "  --management CIPHER\n"
    "                    what its management key starts as: 3des (piv's), aes128, aes192 (countersign's), "
    "aes256\n"
    "  --vpcd HOST:PORT  be the card in pcscd's virtual reader (usually 127.0.0.1:35963)\n"
    "  --socket PATH     listen on this Unix socket\n"
    "  --touch HOW       touches: auto (default), never, ask (countersign card touch), or a named pipe, each "
    "byte\n"
    "                    in which is one\n"
    "  --notify PROGRAM  start this, notify-send for example, when a touch is wanted\n"
    "  --plain           do as if it were any vendor's PIV and OATH card: without the Countersign "
    "application\n"
    "  --help, --version\n";

static void complain(const char *what, const char *which, const char *why)
{
	fprintf(stderr, "countersign-card: %s %s: %s\n", what, which, why);
}

/* What went wrong, from the system where it was the system. */
static const char *reason(enum cs_err err)
{
	return err == CS_ERR_IO && errno ? strerror(errno) : cs_err_text(err);
}

static bool profile_parse(const char *name, struct options *o)
{
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
		if (strcmp(name, profiles[i].name) == 0) {
			o->init = true;
			o->profile = profiles[i].profile;
			return true;
		}
	}
	complain("there is no profile", name, "it is piv or countersign");
	return false;
}

static bool management_parse(const char *name, struct options *o)
{
	for (size_t i = 0; i < sizeof managements / sizeof managements[0]; i++) {
		if (strcmp(name, managements[i].name) == 0) {
			o->management = managements[i].algorithm;
			return true;
		}
	}
	complain("--management", name, "it is 3des, aes128, aes192 or aes256");
	return false;
}

/* EXIT_SUCCESS: go on; -1: all done. */
static int options_parse(int argc, char **argv, struct options *o)
{
	int c;
	*o = (struct options){.touch = "auto", .profile = CSGN_PROFILE_COUNTERSIGN};
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case 'i':
			o->image = optarg;
			break;
		case 'c':
			o->counter = optarg;
			break;
		case 'n':
			if (!profile_parse(optarg, o))
				return EXIT_USAGE;
			break;
		case 'm':
			if (!management_parse(optarg, o))
				return EXIT_USAGE;
			break;
		case 'v':
			o->vpcd = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 't':
			o->touch = optarg;
			break;
		case 'y':
			o->notify = optarg;
			break;
		case 'p':
			o->plain = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return -1;
		case 'V':
			puts("countersign-card " PACKAGE_VERSION);
			return -1;
		default:
			fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	}
	if (o->management && !o->init) {
		complain("--management", "",
			 "it goes with --init: the key of a card that is there is changed by its holder");
		return EXIT_USAGE;
	}
	if (optind == argc && o->image && (o->init || o->vpcd || o->socket))
		return EXIT_SUCCESS;
	fputs("countersign-card: needs --image, and --vpcd, --socket or --init\n", stderr);
	fputs(usage_text, stderr);
	return EXIT_USAGE;
}

/* All parts of the running card, in the order in which they are put together. */
struct process {
	struct flash_file *image;
	struct counter_file *counter;
	struct crypto crypto;
	struct platform platform;
	struct presence presence;
	struct card card;
	bool card_open;
	struct slot slot;
	struct socket_port socket;
	struct vpcd vpcd;
	bool vpcd_open;
};

/* Keeps the card's secrets out of core dumps and, where it may, out of swap. Best effort: failure is no
 * error. */
static void guard_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose leak check has to look into the process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	struct rlimit none = {0, 0};
	struct rlimit memlock;
	(void)setrlimit(RLIMIT_CORE, &none);
	/* Under a limit, locking all would make later allocations fail. */
	if (getrlimit(RLIMIT_MEMLOCK, &memlock) == 0 && (memlock.rlim_cur == RLIM_INFINITY || geteuid() == 0))
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

static bool image_open(struct process *p, const struct options *o)
{
	enum cs_err err = CS_OK;
	errno = 0;
	if (o->init || access(o->image, F_OK) != 0)
		err = flash_file_create(o->image, o->init);
	if (!err)
		err = flash_file_open(o->image, &p->image);
	if (!err) {
		flash_file_identify(p->image, &p->platform);
		return true;
	}
	if (err == CS_ERR_BUSY)
		complain("image", o->image, "another process is using it; end that first");
	else if (err == CS_ERR_CORRUPT)
		complain("image", o->image, "this is no card image; --init PROFILE makes one in its place");
	else
		complain("image", o->image, reason(err));
	return false;
}

static bool counter_open(struct process *p, const struct options *o)
{
	enum cs_err err;
	if (!o->counter)
		return true;
	errno = 0;
	err = counter_file_open(o->counter, &p->counter);
	if (!err) {
		flash_file_count(p->image, p->counter);
		return true;
	}
	if (err == CS_ERR_BUSY)
		complain("--counter", o->counter,
			 "another process is using it; each card has a counter of its own");
	else if (err == CS_ERR_CORRUPT)
		complain("--counter", o->counter,
			 "this is no counter; name another file, it is made if it is not there");
	else
		complain("--counter", o->counter, reason(err));
	return false;
}

static const char *why_no_card(const struct options *o, enum cs_err err)
{
	if (err != CS_ERR_ROLLBACK)
		return reason(err);
	if (!o->counter)
		return "it is bound to a counter: name that with --counter";
	return "its counter says that it is not the newest: an older image was put back, or this is another "
	       "card's counter; "
	       "use the newest image, or --init PROFILE makes a new card";
}

static bool touch_open(struct process *p, const struct options *o)
{
	enum cs_err err = presence_init(&p->presence, o->touch, o->notify, platform_host_ms);
	if (!err) {
		platform_host_init(&p->presence, &p->platform);
		return true;
	}
	complain("--touch", o->touch,
		 err == CS_ERR_EXISTS ? "it is there, and is not a named pipe" : reason(err));
	return false;
}

static bool card_start(struct process *p, const struct options *o)
{
	enum cs_err err = crypto_openssl_init(&p->crypto);
	if (err) {
		complain("libcrypto", "", reason(err));
		return false;
	}
	struct card_ports ports = {&p->platform, &p->crypto, flash_file_flash(p->image)};
	struct profile profile;
	profile_default(o->profile, &profile);
	if (o->management)
		profile.management = o->management;
	err = card_open_as(&p->card, &ports, &profile);
	if (err) {
		complain("the card in", o->image, why_no_card(o, err));
		return false;
	}
	p->card_open = true;
	slot_init(&p->slot, &p->card, &p->presence);
	p->slot.plain = o->plain;
	return true;
}

static bool socket_start(struct process *p, const struct options *o)
{
	if (!o->socket)
		return true;
	enum cs_err err = socket_open(&p->socket, o->socket, &p->slot);
	if (!err)
		return true;
	p->socket.fd = -1;
	if (err == CS_ERR_LENGTH)
		complain("--socket", o->socket,
			 "the path is empty or longer than a socket's may be (107 bytes)");
	else if (err == CS_ERR_EXISTS)
		complain("--socket", o->socket, "someone is listening there already, or it is not a socket");
	else
		complain("--socket", o->socket, reason(err));
	return false;
}

static bool vpcd_start(struct process *p, const struct options *o)
{
	if (!o->vpcd)
		return true;
	enum cs_err err = vpcd_init(&p->vpcd, o->vpcd, &p->slot);
	p->vpcd_open = !err;
	if (err == CS_ERR_MALFORMED)
		complain("--vpcd", o->vpcd, "wants HOST:PORT, for example 127.0.0.1:" VPCD_PORT_DEFAULT);
	else if (err)
		complain("--vpcd", o->vpcd, "there is no such host or port");
	return !err;
}

static bool run(struct process *p, const struct options *o)
{
	if (!image_open(p, o) || !counter_open(p, o) || !touch_open(p, o) || !card_start(p, o))
		return false;
	if (!o->vpcd && !o->socket)
		return true;
	if (!socket_start(p, o) || !vpcd_start(p, o))
		return false;
	struct serve serve = {
	    .platform = &p->platform,
	    .presence = &p->presence,
	    .socket = o->socket ? &p->socket : NULL,
	    .vpcd = o->vpcd ? &p->vpcd : NULL,
	};
	enum cs_err err = serve_run(&serve);
	if (err)
		complain("waiting", "for users", reason(err));
	return err == CS_OK;
}

static void process_close(struct process *p)
{
	if (p->vpcd_open)
		vpcd_close(&p->vpcd);
	socket_close(&p->socket);
	if (p->card_open)
		card_close(&p->card);
	presence_close(&p->presence);
	crypto_openssl_free(&p->crypto);
	flash_file_close(p->image);
	counter_file_close(p->counter);
}

int main(int argc, char **argv)
{
	struct options o;
	int status = options_parse(argc, argv, &o);
	if (status)
		return status < 0 ? EXIT_SUCCESS : status;
	guard_memory();
	struct process *p = calloc(1, sizeof *p);
	if (!p || serve_block_signals()) {
		complain("starting", "up", strerror(errno));
		free(p);
		return EXIT_FAILURE;
	}
	p->socket.fd = -1;
	p->presence.fd = -1;
	status = run(p, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
	process_close(p);
	cs_wipe(p, sizeof *p);
	free(p);
	return status;
}
