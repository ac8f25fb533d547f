/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events for web hooks, of audit entries. countersignd.conf(5) has the list, too; a test compares the two.
 */
#include "daemon/keeper_hook.h"

#include <stdio.h>
#include <string.h>

#include "daemon/keeper_call.h"

static const struct hook_row {
	const char *action, *result, *event;
} hook_rows[] = {
    {"token_enrol", "done", "token.enrolled"},
    {"token_assign", "done", "token.assigned"},
    {"token_lose", "done", "token.lost"},
    {"token_disable", "done", "token.disabled"},
    {"token_enable", "done", "token.enabled"},
    {"token_pin", "done", "token.pin_set"},
    {"token_resync", "done", "token.resynced"},
    {"user_add", "done", "user.added"},
    {"user_password", "done", "user.password_set"},
    {"user_class", "done", "user.class_set"},
    {"user_export", "done", "user.exported"},
    {"import_commit", "done", "import.done"},
    {"staff_add", "done", "staff.added"},
    {"staff_rotate", "done", "staff.rotated"},
    {"staff_disable", "done", "staff.disabled"},
    {"staff_enable", "done", "staff.enabled"},
    {"application_add", "done", "application.added"},
    {"application_rotate", "done", "application.rotated"},
    {"application_remove", "done", "application.removed"},
    {"alarm", "done", "alarm.raised"},
    {"message", "failed", "message.failed"},
};
#define HOOK_ROWS (sizeof(hook_rows) / sizeof(hook_rows[0]))
#define HOOK_LOCKED                                                                                          \
	"user.locked" /* with the attempt that began a lock, and not with those that it refuses              \
		       */

const char *hook_event(const struct audit_entry *entry)
{
	if (entry->locks)
		return HOOK_LOCKED;
	/* That a web hook was not delivered is not told by another one. */
	if (strcmp(entry->action, "message") == 0 && strncmp(entry->detail, "hook ", 5) == 0)
		return NULL;
	for (size_t i = 0; i < HOOK_ROWS; i++)
		if (strcmp(hook_rows[i].action, entry->action) == 0 &&
		    strcmp(hook_rows[i].result, entry->result) == 0)
			return hook_rows[i].event;
	return NULL;
}

const char *hook_event_name(size_t n)
{
	return n < HOOK_ROWS ? hook_rows[n].event : n == HOOK_ROWS ? HOOK_LOCKED : NULL;
}

/* The next word of a list; false at its end. */
static bool hook_word(const char **list, struct cs_view *word)
{
	*list += strspn(*list, " ");
	*word = cs_view(*list, strcspn(*list, " "));
	*list += word->len;
	return word->len > 0;
}

static bool hook_is(struct cs_view word, const char *event)
{
	return cs_view_equal(word, cs_view_string(event)) ||
	       cs_view_equal(word, cs_view(event, strcspn(event, ".")));
}

bool hook_wanted(const char *list, const char *event)
{
	struct cs_view word;
	bool empty = true;

	while (hook_word(&list, &word)) {
		if (hook_is(word, event))
			return true;
		empty = false;
	}
	return empty;
}

bool hook_list_valid(const char *list)
{
	struct cs_view word;

	while (hook_word(&list, &word)) {
		size_t n = 0;
		while (hook_event_name(n) && !hook_is(word, hook_event_name(n)))
			n++;
		if (!hook_event_name(n))
			return false;
	}
	return true;
}

/* Of a person or an application that may ask, the entry's user is the name. */
static const char *hook_whom(const char *event)
{
	return strncmp(event, "staff.", 6) == 0 || strncmp(event, "application.", 12) == 0 ? "name" : "user";
}

static void hook_body(const struct audit_entry *entry, const char *event, const char *id, struct cs_writer *w)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_text(&out, "id", id);
	json_text(&out, "event", event);
	json_number(&out, "time", entry->time_ms / 1000);
	if (entry->user[0])
		json_text(&out, hook_whom(event), entry->user);
	if (entry->token[0])
		json_text(&out, "token", entry->token);
	if (entry->reason[0] && !entry->locks)
		json_text(&out, "reason", entry->reason);
	json_object_end(&out);
}

static enum cs_err hook_add(struct keeper *keeper, const struct audit_entry *entry, const char *event,
			    struct cs_view url)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;
	struct db_message message = {.kind = "hook", .created = now, .expires = now + HOOK_LIFETIME_S};
	struct cs_writer sealed = CS_WRITER_OF(message.sealed);
	char text[DB_MESSAGE_TEXT_MAX];
	struct cs_writer body = CS_WRITER_OF(text);

	enum cs_err err = call_id_new("m_", message.id);
	if (err)
		return err;
	hook_body(entry, event, message.id, &body);
	err = cs_writer_done(&body);
	if (!err)
		err = seal_close(&keeper->key, cs_view_string(message.id), cs_writer_view(&body), &sealed);
	message.sealed_len = cs_writer_view(&sealed).len;
	(void)snprintf(message.destination, sizeof(message.destination), "%.*s", (int)url.len,
		       (const char *)url.ptr);
	(void)snprintf(message.user, sizeof(message.user), "%s", entry->user);
	return err ? err : db_outbox_add(keeper->db, &message);
}

enum cs_err hook_and_append(struct keeper *keeper)
{
	enum cs_err err = CS_OK;
	struct cs_view url;

	for (size_t i = 0; !err && keeper->hook_urls[0] && i < keeper->entry_count; i++) {
		const char *urls = keeper->hook_urls, *event = hook_event(&keeper->entries[i]);
		if (!event || !hook_wanted(keeper->hook_events, event))
			continue;
		while (!err && hook_word(&urls, &url))
			err = hook_add(keeper, &keeper->entries[i], event, url);
	}
	return err ? err : audit_append_all(keeper->db, keeper->entries, keeper->entry_count);
}
