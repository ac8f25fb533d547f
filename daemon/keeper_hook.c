/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events for web hooks, of audit entries. countersignd.conf(5) has the list, too; a test compares the two.
 */
#include "daemon/keeper_hook.h"

#include <stdio.h>
#include <string.h>

#include "daemon/keeper_call.h"

/* whom: what the entry's user is called in the event. */
static const struct hook_row {
	const char *action, *result, *event, *whom;
} hook_rows[] = {
    {"token_enrol", "done", "token.enrolled", "user"},
    {"token_assign", "done", "token.assigned", "user"},
    {"token_lose", "done", "token.lost", "user"},
    {"token_disable", "done", "token.disabled", "user"},
    {"token_enable", "done", "token.enabled", "user"},
    {"token_pin", "done", "token.pin_set", "user"},
    {"token_resync", "done", "token.resynced", "user"},
    {"token_expire", "done", "token.expiry_set", "user"},
    {"token_replace", "done", "token.replaced", "user"},
    {"token_delete", "done", "token.deleted", "user"},
    {"user_add", "done", "user.added", "user"},
    {"alias_add", "done", "alias.added", "user"},
    {"alias_remove", "done", "alias.removed", "user"},
    {"user_disable", "done", "user.disabled", "user"},
    {"user_enable", "done", "user.enabled", "user"},
    {"user_delete", "done", "user.deleted", "user"},
    {"user_password", "done", "user.password_set", "user"},
    {"user_class", "done", "user.class_set", "user"},
    {"user_certificates", "done", "user.certificates_set", "user"},
    {"user_export", "done", "user.exported", "user"},
    {"realm_export", "done", "realm.exported", "realm"},
    {"certificate_add", "done", "certificate.bound", "user"},
    {"certificate_remove", "done", "certificate.unbound", "user"},
    {"import_commit", "done", "import.done", "user"},
    {"staff_add", "done", "staff.added", "name"},
    {"staff_rotate", "done", "staff.rotated", "name"},
    {"staff_disable", "done", "staff.disabled", "name"},
    {"staff_enable", "done", "staff.enabled", "name"},
    {"application_add", "done", "application.added", "name"},
    {"application_rotate", "done", "application.rotated", "name"},
    {"application_remove", "done", "application.removed", "name"},
    {"break_glass_issue", "done", "break_glass.issued", "user"},
    {"break_glass_revoke", "done", "break_glass.revoked", "user"},
    {"break_glass_use", "accepted", "break_glass.used", "user"},
    {"break_glass_use", "wrong", "break_glass.refused", "user"},
    {"rekey", "done", "key.data_changed", "user"},
    {"signing_key_rotate", "done", "key.signing_changed", "user"},
    {"alarm", "done", "alarm.raised", "user"},
    {"message", "failed", "message.failed", "user"},
};
#define HOOK_ROWS (sizeof(hook_rows) / sizeof(hook_rows[0]))

/* With the attempt that began a lock, and not with those that it refuses. */
static const struct hook_row hook_locked = {"", "", "user.locked", "user"};

/* Of what makes many entries, those that are no event: that a web hook was not delivered is not told by
 * another one, and an export of a realm is told of once, with its first page. */
static bool hook_hushed(const struct audit_entry *entry)
{
	if (strcmp(entry->action, "realm_export") == 0)
		return !strstr(entry->detail, "page 1,");
	return strcmp(entry->action, "message") == 0 && strncmp(entry->detail, "hook ", 5) == 0;
}

static bool hook_tells_lock(const struct audit_entry *entry)
{
	return entry->locks || entry->locks_token;
}

static const struct hook_row *hook_row(const struct audit_entry *entry)
{
	if (hook_tells_lock(entry))
		return &hook_locked;
	for (size_t i = 0; i < HOOK_ROWS; i++)
		if (strcmp(hook_rows[i].action, entry->action) == 0 &&
		    strcmp(hook_rows[i].result, entry->result) == 0)
			return hook_hushed(entry) ? NULL : &hook_rows[i];
	return NULL;
}

const char *hook_event(const struct audit_entry *entry)
{
	const struct hook_row *row = hook_row(entry);

	return row ? row->event : NULL;
}

const char *hook_event_name(size_t n)
{
	return n < HOOK_ROWS ? hook_rows[n].event : n == HOOK_ROWS ? hook_locked.event : NULL;
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

static void hook_body(const struct audit_entry *entry, const struct hook_row *row, const char *id,
		      struct cs_writer *w)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_text(&out, "id", id);
	json_text(&out, "event", row->event);
	json_number(&out, "time", entry->time_ms / 1000);
	if (entry->user[0])
		json_text(&out, row->whom, entry->user);
	if (entry->token[0] && !entry->locks) /* of a lock: it is that token's alone */
		json_text(&out, "token", entry->token);
	if (entry->reason[0] && !hook_tells_lock(entry))
		json_text(&out, "reason", entry->reason);
	json_object_end(&out);
}

static enum cs_err hook_add(struct keeper *keeper, const struct audit_entry *entry,
			    const struct hook_row *row, struct cs_view url)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;
	struct db_message message = {.kind = "hook", .created = now, .expires = now + HOOK_LIFETIME_S};
	struct cs_writer sealed = CS_WRITER_OF(message.sealed);
	char text[DB_MESSAGE_TEXT_MAX];
	struct cs_writer body = CS_WRITER_OF(text);

	enum cs_err err = call_id_new("m_", message.id);
	if (err)
		return err;
	hook_body(entry, row, message.id, &body);
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
		const struct hook_row *row = hook_row(&keeper->entries[i]);
		const char *urls = keeper->hook_urls;
		if (!row || !hook_wanted(keeper->hook_events, row->event))
			continue;
		while (!err && hook_word(&urls, &url))
			err = hook_add(keeper, &keeper->entries[i], row, url);
	}
	return err ? err : audit_append_all(keeper->db, keeper->entries, keeper->entry_count);
}
