/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SIGHUP: the configuration and front's certificate are read anew and given to the children, which go on
 * serving.
 *
 *   serving --SIGHUP, file right--> reloading --each child has answered or ended--> serving
 *           --SIGHUP, file wrong--> serving, as before
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/supervisor_state.h"

#define RELOAD_LIST_MAX 1024

/* Names of keys, parted by commas. */
struct reload_list {
	char text[RELOAD_LIST_MAX];
	size_t len;
};

struct reload_changes {
	struct reload_list taken, waiting;
};

static void reload_add(struct reload_list *list, const char *name)
{
	int len = snprintf(list->text + list->len, sizeof(list->text) - list->len, "%s%s",
			   list->len ? ", " : "", name);

	if (len > 0 && (size_t)len < sizeof(list->text) - list->len)
		list->len += (size_t)len;
}

static void reload_each(void *ctx, const char *key, bool restart)
{
	struct reload_changes *changes = ctx;

	reload_add(restart ? &changes->waiting : &changes->taken, key);
}

static void reload_tell(const struct reload_changes *changes)
{
	log_event(LOG_LEVEL_NOTICE, "reloaded", "the configuration was read anew; new are: %s",
		  changes->taken.len ? changes->taken.text : "nothing");
	if (changes->waiting.len)
		log_event(LOG_LEVEL_WARNING, "reload_restart",
			  "these are as they were, and change with a restart: %s", changes->waiting.text);
}

/* What a service manager that waits for a reload wants: when it began, so that it can tell two apart. */
static void reload_begin(struct supervisor *s)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	s->reloading = true;
	s->refused = false;
	notify_send(&s->notify,
		    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the configuration.\n",
		    (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static void reload_end(struct supervisor *s)
{
	s->reloading = false;
	notify_send(&s->notify, "READY=1\nSTATUS=%s\n",
		    s->refused ? "Serving; the new configuration was refused, as the log says." : "Serving.");
}

static void reload_give(struct supervisor *s, struct child *child)
{
	int fd = settings_share(s->settings, child->whom);

	if (fd >= 0 && !link_send(child->link_fd, LINK_SETTINGS, fd)) {
		child->settling = true;
	} else {
		log_line(LOG_LEVEL_ERROR, "%s cannot be given its settings: it is started again",
			 child->name);
		(void)kill(child->pid, SIGTERM);
	}
	if (fd >= 0)
		(void)close(fd);
}

void supervisor_settled(struct supervisor *s, struct child *child, bool taken)
{
	if (child->settling && !taken) {
		s->refused = true;
		log_event(LOG_LEVEL_ERROR, "reload_refused", "%s goes on with the settings that it had",
			  child->name);
	}
	child->settling = false;
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (s->children[i].settling)
			return;
	if (s->reloading)
		reload_end(s);
}

void supervisor_reload(struct supervisor *s)
{
	static char error[CONFIG_ERROR_MAX];
	static struct settings next;
	struct reload_changes changes = {0};

	reload_begin(s);
	if (settings_load(s->config_path, &next, error)) {
		log_event(LOG_LEVEL_ERROR, "reload_refused", "the configuration stays as it was: %s", error);
		s->refused = true;
		reload_end(s);
		return;
	}
	config_settle(&s->settings->config, &next.config, reload_each, &changes);
	if (strcmp(s->settings->certificate, next.certificate) != 0)
		reload_add(&changes.taken, "the TLS certificate");
	*s->settings = next;
	cs_wipe(&next, sizeof(next));
	log_level_set(s->settings->config.log_level);
	reload_tell(&changes);
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (s->children[i].pid)
			reload_give(s, &s->children[i]);
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (s->children[i].settling)
			return;
	reload_end(s);
}
