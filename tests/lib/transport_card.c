/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card core as a transport.
 */
#include "tests/lib/transport_card.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "applet/card_private.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "applet/port/plain.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct card card;
	struct crypto crypto;
	struct platform platform;
	struct card_ports ports;
	struct flash_ram *flash, *kept;
	struct flash_ram *other, *put_in; /* what is on another card, and was when that was put in */
	struct flash_ram *away;		  /* ours, while the other is in the reader */
	bool present, woken, strange;
	uint32_t events, resets;
	unsigned commands, pull_at, waiting;
	enum plain plain;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

#define SERIAL 0xC0FFEEu

/* A link is good for the card that it was made for, and knows which resets it has heard of. */
struct link {
	uint32_t events, resets;
};

static uint64_t no_time(void *ctx)
{
	(void)ctx;
	return 0;
}

static void lock(void)
{
	(void)pthread_mutex_lock(&world.lock);
}

static void unlock(void)
{
	(void)pthread_mutex_unlock(&world.lock);
}

/* A child gets no copy of a card in the middle of a command, which may hold locks of libcrypto or of malloc.
 */
static void forked(void)
{
	(void)pthread_mutex_init(&world.lock, NULL);
	(void)pthread_cond_init(&world.changed, NULL);
	world.waiting = 0;
}

static void expect_forks(void)
{
	(void)pthread_atfork(lock, unlock, forked);
}

bool transport_card_make(enum csgn_profile profile)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, expect_forks);
	transport_card_free();
	world.flash = flash_ram_new(4096, 64, 16);
	if (world.flash == NULL || crypto_openssl_init(&world.crypto) != CS_OK)
		return false;
	world.platform = (struct platform){.monotonic_ms = no_time, .serial = SERIAL};
	world.ports = (struct card_ports){&world.platform, &world.crypto, flash_ram_flash(world.flash)};
	world.commands = world.pull_at = 0;
	world.plain = PLAIN_NOT;
	world.strange = false;
	world.events++;
	world.present = card_open(&world.card, &world.ports, profile) == CS_OK;
	return world.present;
}

void transport_card_free(void)
{
	if (world.flash == NULL)
		return;
	card_close(&world.card);
	crypto_openssl_free(&world.crypto);
	flash_ram_free(world.flash);
	flash_ram_free(world.kept);
	flash_ram_free(world.away);
	world.flash = world.kept = world.away = NULL;
	world.present = false;
}

bool transport_card_keep(void)
{
	flash_ram_free(world.kept);
	world.kept = flash_ram_clone(world.flash);
	return world.kept != NULL;
}

/* Out with the card that is there. */
static bool put_in(struct flash_ram *flash, uint32_t serial)
{
	card_close(&world.card);
	world.flash = flash;
	world.ports.flash = flash_ram_flash(flash);
	world.platform.serial = serial;
	world.events++;
	world.present = card_open(&world.card, &world.ports, CSGN_PROFILE_PIV) == CS_OK;
	return world.present;
}

bool transport_card_put_back(void)
{
	struct flash_ram *flash = flash_ram_clone(world.kept), *was = world.flash;

	if (flash == NULL)
		return false;
	world.commands = world.pull_at = 0;
	(void)put_in(flash, SERIAL);
	flash_ram_free(was);
	flash_ram_free(world.away);
	world.away = NULL;
	return world.present;
}

bool transport_card_keep_other(void)
{
	flash_ram_free(world.other);
	world.other = flash_ram_clone(world.flash);
	return world.other != NULL;
}

bool transport_card_exchange(void)
{
	struct flash_ram *flash = flash_ram_clone(world.other);
	bool well;

	if (flash == NULL)
		return false;
	lock();
	world.away = world.flash;
	well = put_in(flash, SERIAL + 1);
	flash_ram_free(world.put_in);
	world.put_in = flash_ram_clone(flash);
	unlock();
	return well && world.put_in != NULL;
}

bool transport_card_exchange_back(void)
{
	struct flash_ram *other = world.flash;
	bool same;

	lock();
	same = memcmp(flash_ram_bytes(other), flash_ram_bytes(world.put_in), flash_ram_size(other)) == 0;
	same = put_in(world.away, SERIAL) && same;
	world.away = NULL;
	flash_ram_free(other);
	unlock();
	return same;
}

static void set_present(bool present)
{
	card_reset(&world.card);
	world.present = present;
	world.events++;
	(void)pthread_cond_broadcast(&world.changed);
}

static void want_of_libcrypto(const char *properties)
{
	if (EVP_set_default_properties(NULL, properties) != 1)
		abort();
}

void transport_card_strange(bool strange)
{
	world.strange = strange;
	want_of_libcrypto(strange ? "provider=nowhere" : "");
}

static void work(struct cs_view command, struct cs_writer *out)
{
	if (world.plain != PLAIN_NOT)
		plain_transmit(&world.card, world.plain, command, out);
	else
		card_transmit(&world.card, command, out);
}

static void world_transmit(struct cs_view command, struct cs_writer *out)
{
	if (world.strange)
		want_of_libcrypto("");
	work(command, out);
	if (world.strange)
		want_of_libcrypto("provider=nowhere");
}

void transport_card_be(enum plain which)
{
	world.plain = which;
}

void transport_card_make_plain(void)
{
	transport_card_be(PLAIN_PIV_AND_OATH);
}

void transport_card_pull(void)
{
	lock();
	set_present(false);
	unlock();
}

void transport_card_insert(void)
{
	lock();
	set_present(true);
	unlock();
}

void transport_card_pull_at(unsigned n)
{
	lock();
	world.pull_at = n == 0 ? 0 : world.commands + n;
	unlock();
}

uint16_t transport_card_other(struct cs_view command)
{
	static uint8_t out[CARD_RESPONSE_MAX];
	struct cs_writer w = CS_WRITER_OF(out);

	lock();
	world_transmit(command, &w);
	unlock();
	return (uint16_t)(out[w.len - 2] << 8 | out[w.len - 1]);
}

void transport_card_other_resets(void)
{
	lock();
	card_reset(&world.card);
	world.resets++;
	unlock();
}

void transport_card_forked(void)
{
	card_reset(&world.card);
}

unsigned transport_card_waiting(void)
{
	unsigned waiting;

	lock();
	waiting = world.waiting;
	unlock();
	return waiting;
}

unsigned transport_card_commands(void)
{
	return world.commands;
}

/* ---- the backend ---- */

static enum cs_err card_transport_open(const char *arg, void **state)
{
	(void)arg;
	lock();
	world.woken = false;
	unlock();
	*state = &world;
	return CS_OK;
}

static void card_transport_close(void *state)
{
	(void)state;
}

static void fill(struct cc_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	memcpy(reader->name, "Card core", sizeof("Card core"));
	reader->present = world.present;
	reader->events = world.events;
}

static enum cs_err card_transport_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	(void)state;
	if (max < 1)
		return CS_ERR_NO_SPACE;
	lock();
	fill(out);
	unlock();
	*count = 1;
	return CS_OK;
}

static enum cs_err card_transport_wait(void *state, const struct cc_reader *known, size_t count)
{
	bool woken;

	(void)state;
	lock();
	world.waiting++;
	while (!world.woken && count == 1 && known->events == world.events)
		(void)pthread_cond_wait(&world.changed, &world.lock);
	world.waiting--;
	woken = world.woken;
	unlock();
	return woken ? CS_ERR_CANCELLED : CS_OK;
}

static void card_transport_wake(void *state)
{
	(void)state;
	lock();
	world.woken = true;
	(void)pthread_cond_broadcast(&world.changed);
	unlock();
}

static enum cs_err card_transport_connect(void *state, const char *reader, void **out, struct cs_writer *atr)
{
	struct link *link = NULL;
	enum cs_err err = CS_ERR_NO_CARD;

	(void)state;
	(void)reader;
	/* Allocated with the lock: see forked. */
	lock();
	if (world.present) {
		link = calloc(1, sizeof(*link));
		err = link != NULL ? CS_OK : CS_ERR_MEMORY;
	}
	if (link != NULL)
		*link = (struct link){world.events, world.resets};
	unlock();
	if (err != CS_OK)
		return err;
	cs_write_view(atr, card_atr());
	*out = link;
	return CS_OK;
}

static void card_transport_disconnect(void *link)
{
	lock();
	free(link);
	unlock();
}

static void card_transport_forget_link(void *link)
{
	free(link);
}

static enum cs_err look(const struct link *link)
{
	if (!world.present || link->events != world.events)
		return CS_ERR_REMOVED;
	return link->resets == world.resets ? CS_OK : CS_ERR_STATE;
}

static enum cs_err card_transport_reconnect(void *arg)
{
	struct link *link = arg;
	enum cs_err err;

	lock();
	err = look(link);
	link->resets = world.resets;
	unlock();
	return err == CS_ERR_REMOVED ? err : CS_OK;
}

static enum cs_err card_transport_begin(void *link)
{
	enum cs_err err;

	lock();
	err = look(link);
	unlock();
	return err;
}

static void card_transport_end(void *link)
{
	(void)link;
}

static enum cs_err card_transport_reset(void *arg)
{
	struct link *link = arg;
	enum cs_err err;

	lock();
	err = look(link);
	if (err == CS_OK) {
		card_reset(&world.card);
		link->resets = ++world.resets;
	}
	unlock();
	return err;
}

static enum cs_err card_transport_transmit(void *arg, struct cs_view command, struct cs_writer *response)
{
	struct link *link = arg;
	enum cs_err err;

	lock();
	err = look(link);
	if (err == CS_OK) {
		world.commands++;
		world_transmit(command, response);
		if (world.commands == world.pull_at) {
			set_present(false);
			err = CS_ERR_REMOVED;
		}
	}
	unlock();
	return err;
}

const struct cc_backend transport_card = {
    .name = "card",
    .open = card_transport_open,
    .close = card_transport_close,
    .forget = card_transport_close,
    .readers = card_transport_readers,
    .wait = card_transport_wait,
    .wake = card_transport_wake,
    .connect = card_transport_connect,
    .disconnect = card_transport_disconnect,
    .forget_link = card_transport_forget_link,
    .reconnect = card_transport_reconnect,
    .begin = card_transport_begin,
    .end = card_transport_end,
    .reset = card_transport_reset,
    .transmit = card_transport_transmit,
};
