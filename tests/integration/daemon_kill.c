/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kills a countersignd under load, again and again, and holds it to what it has acknowledged.
 *
 *   daemon_kill COUNTERSIGND CONFIG URL[,URL] CA_FILE ADMIN_CREDENTIAL_FILE APPLICATION_CREDENTIAL_FILE
 *               KILLS SEED [COMMAND]
 *
 * It starts the daemon itself, which has been initialised and listens on URL; a second URL is another
 * daemon's, on the same database, which has half of the connections. Some connections verify the HOTP codes
 * of a user each, one after the other, and now and then send again one that was accepted, or one that is
 * none; one connection sends backup codes, which are few, a short while before a kill each; and one adds
 * users. After a number of answers drawn from SEED it kills the keeper, now and then the supervisor or
 * whatever other process the daemon has at that moment (front, courier, a vault or its warden), with SIGKILL,
 * and goes on; with COMMAND it has the shell run that instead, beside the load, which is to kill something
 * that the daemon cannot do without. It fails where a code is accepted a second time, where a code that was
 * never sent before is refused, or where at the end a user is missing whose addition was acknowledged, a
 * wrong code that was answered as such has not spent its try, the audit log does not hold, or it has other
 * than one acceptance for each code that is spent. From a hundred kills on it fails, too, where one of the
 * kinds of process was never killed (vaults: where there are any), since it shows nothing of that one then.
 */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "daemon/audit.h"
#include "daemon/config.h"
#include "daemon/db.h"
#include "daemon/hmac.h"
#include "tests/unit/random.h"

#define CHANNELS      16u	      /* the first one adds users, the others verify */
#define PRINTED	      (CHANNELS - 1u) /* ... the last one backup codes */
#define WINDOW	      64u	      /* positions among which a code that is none is not */
#define REPLY_MAX     4096u
#define POLL_MS	      20
#define START_WAIT    6000 /* polls until a started daemon must answer */
#define SEED_SIZE     20u
#define PROCESSES_MAX 16u
#define KILLS_OF_EACH 100u /* from so many on each kind of process is killed */

/* What is killed: the daemon, its children by the names that it gives them, and what has no such name. */
enum { SUPERVISOR, KEEPER, FRONT, COURIER, VAULT, KINDS };
static const char *const kind_names[KINDS] = {"supervisor", "keeper", "front", "courier", "vault"};

struct channel {
	CURL *easy;
	bool busy;
	bool unknown;  /* what is being sent was sent before, and no answer came */
	bool again;    /* what is being sent has been accepted: it must be refused */
	bool wrong;    /* what is being sent is no code of his */
	bool tried;    /* such a one was sent, or a backup code again, since one was accepted */
	bool told;     /* ... and was answered as wrong */
	unsigned sent; /* how often libcurl has sent it */
	uint64_t position;
	char url[256], body[256], reply[REPLY_MAX];
	size_t reply_len;
};

static struct {
	CURLM *multi;
	struct curl_slist *admin, *application;
	struct channel channels[CHANNELS];
	struct cs_hmac hmac;
	const char *program, *config_path, *urls[2], *ca;
	pid_t daemon;
	uint64_t answers, accepted, refused_again, wrong, lost, sent_again;
	unsigned killed[KINDS], seen[KINDS]; /* of each kind, and processes of it when one was to be killed */
	bool failed, ending;
	char printed[VERIFY_BACKUP_MAX][32]; /* backup codes, in their order */
	uint64_t printed_now;		     /* how many of them may be sent yet */
	uint64_t logged[CHANNELS];	     /* acceptances of each one's user in the audit log */
} kill_test;

/* The seed of a channel's user, in storage of the caller. */
static struct cs_view seed_of(size_t channel, char out[SEED_SIZE])
{
	memcpy(out, "1234567890123456789", SEED_SIZE - 1);
	out[SEED_SIZE - 1] = (char)('A' + channel);
	return cs_view(out, SEED_SIZE);
}

static void broken(const char *what, const struct channel *channel, long status)
{
	printf("# broken: %s: user load-%zu, position %llu, status %ld, answer %s\n", what,
	       (size_t)(channel - kill_test.channels), (unsigned long long)channel->position, status,
	       channel->reply);
	kill_test.failed = true;
}

/* ---- the daemon ---- */

static void daemon_run(void)
{
	kill_test.daemon = fork();
	if (kill_test.daemon == 0) {
		(void)execl(kill_test.program, "countersignd", "--config", kill_test.config_path,
			    (char *)NULL);
		_exit(127);
	}
}

struct process {
	pid_t pid;
	unsigned kind;
};

/* What the file has, blanks for its zero bytes. */
static void proc_read(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	FILE *file = fopen(path, "r");
	if (file) {
		len = fread(out, 1, size - 1, file);
		(void)fclose(file);
	}
	for (size_t i = 0; i < len; i++)
		out[i] = out[i] ? out[i] : ' ';
	out[len] = '\0';
}

static unsigned process_kind(pid_t pid)
{
	char line[256], wanted[32];

	proc_read(pid, "cmdline", line, sizeof(line));
	for (unsigned kind = KEEPER; kind < VAULT; kind++) {
		(void)snprintf(wanted, sizeof(wanted), "--child %s ", kind_names[kind]);
		if (strstr(line, wanted))
			return kind;
	}
	return VAULT;
}

/* The processes below pid, those of the first one before those below it; how many there are then. */
static size_t processes_below(pid_t pid, struct process *out, size_t count)
{
	char name[64], children[256];

	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	proc_read(pid, name, children, sizeof(children));
	for (char *at = children, *end; *at && count < PROCESSES_MAX; at = end) {
		long child = strtol(at, &end, 10);
		if (end == at)
			break;
		out[count++] = (struct process){.pid = (pid_t)child, .kind = process_kind((pid_t)child)};
		count = processes_below((pid_t)child, out, count);
		while (*end == ' ')
			end++;
	}
	return count;
}

/* Runs the shell's command beside the load; the last one's process. */
static pid_t command_run(const char *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static bool command_ended_well(pid_t pid)
{
	int status;

	return pid == 0 || (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Of processes those of the kind, where there are any; else those that are not keeper. How many. */
static size_t processes_of(struct process *processes, size_t count, unsigned kind)
{
	bool there = false;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		kill_test.seen[processes[i].kind]++;
		there = there || processes[i].kind == kind;
	}
	for (size_t i = 0; i < count; i++)
		if (there ? processes[i].kind == kind : processes[i].kind != KEEPER)
			processes[kept++] = processes[i];
	return kept;
}

static void daemon_kill(struct test_random *rng)
{
	static const unsigned kinds[] = {SUPERVISOR, KEEPER, KEEPER,  KEEPER, KEEPER,
					 KEEPER,     FRONT,  COURIER, VAULT,  VAULT};
	struct process processes[PROCESSES_MAX];
	const unsigned kind = kinds[test_random_below(rng, sizeof(kinds) / sizeof(kinds[0]))];
	size_t chosen = test_random_below(rng, 1u << 16);

	if (kind == SUPERVISOR) { /* all of it: the others see their links end, and go too */
		(void)kill(kill_test.daemon, SIGKILL);
		(void)waitpid(kill_test.daemon, NULL, 0);
		kill_test.killed[SUPERVISOR]++;
		daemon_run();
		return;
	}
	size_t kept = processes_of(processes, processes_below(kill_test.daemon, processes, 0), kind);
	if (kept > 0 && kill(processes[chosen % kept].pid, SIGKILL) == 0)
		kill_test.killed[processes[chosen % kept].kind]++;
}

static bool daemon_end(void)
{
	int status;

	(void)kill(kill_test.daemon, SIGTERM);
	return waitpid(kill_test.daemon, &status, 0) == kill_test.daemon && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* ---- calls ---- */

static size_t channel_receive(char *data, size_t size, size_t count, void *ctx)
{
	struct channel *channel = ctx;
	size_t len = size * count;

	if (channel->reply_len + len >= sizeof(channel->reply))
		return 0;
	memcpy(channel->reply + channel->reply_len, data, len);
	channel->reply_len += len;
	channel->reply[channel->reply_len] = '\0';
	return len;
}

/* Where a connection that was kept dies without a word, libcurl sends the request again on a new one by
 * itself: whether the daemon has seen it twice nobody knows then. It tells of each request that it sends. */
static int channel_trace(CURL *easy, curl_infotype type, char *data, size_t size, void *ctx)
{
	struct channel *channel = ctx;

	(void)easy;
	(void)data;
	(void)size;
	channel->sent += type == CURLINFO_HEADER_OUT;
	return 0;
}

static void call(struct channel *channel, const char *path, struct curl_slist *headers)
{
	(void)snprintf(channel->url, sizeof(channel->url), "%s%s",
		       kill_test.urls[(channel - kill_test.channels) % 2], path);
	channel->reply_len = 0;
	channel->reply[0] = '\0';
	channel->sent = 0;
	(void)curl_easy_setopt(channel->easy, CURLOPT_URL, channel->url);
	(void)curl_easy_setopt(channel->easy, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(channel->easy, CURLOPT_POSTFIELDS, channel->body);
	(void)curl_easy_setopt(channel->easy, CURLOPT_POST, channel->body[0] ? 1L : 0L);
	if (!channel->body[0])
		(void)curl_easy_setopt(channel->easy, CURLOPT_HTTPGET, 1L);
	channel->busy = curl_multi_add_handle(kill_test.multi, channel->easy) == CURLM_OK;
}

/* A code of nobody: of no position near the one that is next. */
static uint32_t code_of_nobody(struct cs_view seed, uint64_t next)
{
	const uint64_t first = next > WINDOW ? next - WINDOW : 0;
	uint32_t code = (uint32_t)next % 1000000, used;

	for (uint64_t at = first; at < next + WINDOW; at++)
		if (cs_hotp(&kill_test.hmac, CS_SHA1, seed, at, &used) == CS_OK && used % 1000000 == code) {
			code = (code + 1) % 1000000;
			at = first - 1;
		}
	return code;
}

static void send_code(struct channel *channel, const char *code)
{
	(void)snprintf(channel->body, sizeof(channel->body), "{\"user\":\"load-%zu\",\"code\":\"%s\"}",
		       (size_t)(channel - kill_test.channels), code);
	call(channel, "/v1/otp/verify", kill_test.application);
}

/* The next of the codes that may be sent, or once after each any of those that were. */
static void printed_send(struct channel *channel, struct test_random *rng)
{
	channel->again = !channel->unknown && channel->position && !channel->tried;
	if (channel->again) {
		channel->tried = true;
		send_code(channel, kill_test.printed[test_random_below(rng, (uint32_t)channel->position)]);
	} else if (channel->position < kill_test.printed_now) {
		send_code(channel, kill_test.printed[channel->position]);
	}
}

static void hotp_send(struct channel *channel, struct test_random *rng)
{
	char code[CS_OATH_CODE_MAX], seed[SEED_SIZE];
	struct cs_view secret = seed_of((size_t)(channel - kill_test.channels), seed);
	const size_t draw = test_random_below(rng, 8);
	uint32_t truncated;

	channel->again = !channel->unknown && channel->position && draw < 2;
	channel->wrong = !channel->unknown && !channel->tried && draw == 2;
	if (channel->wrong) {
		channel->tried = true;
		truncated = code_of_nobody(secret, channel->position);
	} else if (cs_hotp(&kill_test.hmac, CS_SHA1, secret, channel->position - channel->again,
			   &truncated)) {
		return;
	}
	cs_oath_format(truncated, 6, code);
	send_code(channel, code);
}

static void channel_send(struct channel *channel, struct test_random *rng)
{
	const size_t number = (size_t)(channel - kill_test.channels);

	if (number == PRINTED) {
		printed_send(channel, rng);
	} else if (number > 0) {
		hotp_send(channel, rng);
	} else {
		(void)snprintf(channel->body, sizeof(channel->body), "{\"user\":\"made-%llu\"}",
			       (unsigned long long)channel->position);
		call(channel, "/v1/users", kill_test.admin);
	}
}

/* An answer to what must be refused. */
static void channel_refused(struct channel *channel, long status, bool refused)
{
	if (channel->wrong) {
		kill_test.wrong += refused;
		channel->told = channel->told || refused;
	} else {
		kill_test.refused_again += refused;
	}
	if (!refused)
		broken(channel->wrong ? "what is no code is not refused" : "a code was accepted again",
		       channel, status);
}

/* What an answer means; status 0 where none came. */
static void channel_answered(struct channel *channel, long status)
{
	bool adds = channel == &kill_test.channels[0];
	bool accepted = adds ? status == 201 : strstr(channel->reply, "\"accepted\":true") != NULL;
	bool refused = adds ? status == 409 : strstr(channel->reply, "\"reason\":\"wrong\"") != NULL;
	bool never = channel->again || channel->wrong;

	channel->busy = false;
	if (status == 0 || status == 503) {
		kill_test.lost++;
		channel->unknown = channel->unknown || !never;
		return;
	}
	kill_test.answers++;
	if (never) {
		channel_refused(channel, status, refused);
		return;
	}
	if (!accepted && !(refused && channel->unknown))
		broken("a code that was not used is refused", channel, status);
	kill_test.accepted += accepted;
	channel->unknown = channel->tried = channel->told = false;
	channel->position++;
}

/* Lets transfers go on for a moment, and hands out their answers. */
static void transfers_turn(void)
{
	CURLMsg *message;
	int running, left;

	(void)curl_multi_perform(kill_test.multi, &running);
	(void)curl_multi_poll(kill_test.multi, NULL, 0, POLL_MS, NULL);
	while ((message = curl_multi_info_read(kill_test.multi, &left))) {
		struct channel *channel = NULL;
		long status = 0;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&channel);
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		(void)curl_multi_remove_handle(kill_test.multi, easy);
		if (status && channel->sent == 0)
			broken("libcurl does not tell what it sends", channel, status);
		kill_test.sent_again += channel->sent > 1;
		channel->unknown =
		    channel->unknown || (channel->sent > 1 && !channel->again && !channel->wrong);
		if (kill_test.ending)
			channel->busy = false;
		else
			channel_answered(channel, result == CURLE_OK ? status : 0);
	}
}

/* One call that must come through, on a channel that nothing else uses; its status. */
static long call_alone(struct channel *channel, const char *path, struct curl_slist *headers)
{
	long status = 0;

	kill_test.ending = true;
	for (unsigned tries = 0; tries < START_WAIT && (status == 0 || status == 503); tries++) {
		call(channel, path, headers);
		while (channel->busy)
			transfers_turn();
		(void)curl_easy_getinfo(channel->easy, CURLINFO_RESPONSE_CODE, &status);
		if (status == 0 || status == 503)
			(void)curl_multi_poll(kill_test.multi, NULL, 0, POLL_MS, NULL);
	}
	kill_test.ending = false;
	return status;
}

/* ---- the run ---- */

static struct curl_slist *headers_of(const char *path)
{
	char credential[128] = "", line[256];
	FILE *file = fopen(path, "r");

	if (!file || fscanf(file, "%127s", credential) != 1)
		printf("# %s: no credential\n", path);
	if (file)
		(void)fclose(file);
	(void)snprintf(line, sizeof(line), "Authorization: Bearer %s", credential);
	return curl_slist_append(curl_slist_append(NULL, line), "Content-Type: application/json");
}

static void channels_open(void)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		CURL *easy = curl_easy_init();
		kill_test.channels[i].easy = easy;
		(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)&kill_test.channels[i]);
		(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, channel_receive);
		(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &kill_test.channels[i]);
		(void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, channel_trace);
		(void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &kill_test.channels[i]);
		(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, kill_test.ca);
		(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
		(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
	}
}

/* The codes of the answer's list; false: they are not as many as there should be. */
static bool printed_take(const char *answer)
{
	const char *at = strstr(answer, "\"codes\":["), *end = at ? strchr(at, ']') : NULL;
	size_t count = 0;

	for (at = at ? strchr(at, '[') : NULL; at && count < VERIFY_BACKUP_MAX; count++) {
		at = strchr(at, '"');
		if (!at || at > end)
			break;
		const size_t len = strcspn(++at, "\"");
		(void)snprintf(kill_test.printed[count], sizeof(kill_test.printed[count]), "%.*s", (int)len,
			       at);
		at += len + 1;
	}
	return count == VERIFY_BACKUP_MAX;
}

static bool users_enrol(void)
{
	struct channel *channel = &kill_test.channels[0];
	char seed[SEED_SIZE], text[CS_BASE32_SIZE(SEED_SIZE)];

	for (size_t i = 1; i < CHANNELS; i++) {
		cs_base32_encode(seed_of(i, seed), text);
		(void)snprintf(channel->body, sizeof(channel->body), "{\"user\":\"load-%zu\"}", i);
		if (call_alone(channel, "/v1/users", kill_test.admin) != 201)
			return false;
		if (i == PRINTED)
			(void)snprintf(channel->body, sizeof(channel->body),
				       "{\"user\":\"load-%zu\",\"type\":\"backup\",\"count\":%u}", i,
				       VERIFY_BACKUP_MAX);
		else
			(void)snprintf(channel->body, sizeof(channel->body),
				       "{\"user\":\"load-%zu\",\"type\":\"hotp\",\"secret\":\"%s\"}", i,
				       text);
		if (call_alone(channel, "/v1/tokens", kill_test.admin) != 201)
			return false;
	}
	return printed_take(channel->reply);
}

static void load_until(uint64_t answers, struct test_random *rng)
{
	while (!kill_test.failed && kill_test.answers < answers) {
		for (size_t i = 0; i < CHANNELS; i++)
			if (!kill_test.channels[i].busy)
				channel_send(&kill_test.channels[i], rng);
		transfers_turn();
	}
}

/* ---- what is on disk at the end ---- */

static void entry_count(void *ctx, const struct audit_entry *entry)
{
	uint64_t *last = ctx;
	char name[64];

	*last = entry->sequence;
	if (strcmp(entry->action, "otp_verify") != 0 || strcmp(entry->result, "accepted") != 0)
		return;
	for (size_t i = 1; i < CHANNELS; i++) {
		(void)snprintf(name, sizeof(name), "load-%zu", i);
		kill_test.logged[i] += strcmp(entry->user, name) == 0;
	}
}

static bool log_count(struct db *db)
{
	uint64_t last = 0, before;

	do {
		before = last;
		if (db_audit_list(db, before, 1000, entry_count, &last))
			return false;
	} while (last != before);
	return true;
}

/* Each code that is spent, acknowledged or not, is accepted in the log, once. */
static bool log_holds(size_t number, const struct db_token *token)
{
	uint64_t spent = token->next;

	if (number == PRINTED) {
		spent = 0;
		for (uint64_t left = token->spent; left; left &= left - 1)
			spent++;
	}
	if (kill_test.logged[number] == spent && spent >= kill_test.channels[number].position)
		return true;
	printf("# of load-%zu %llu codes are spent, and the log has %llu accepted\n", number,
	       (unsigned long long)spent, (unsigned long long)kill_test.logged[number]);
	return false;
}

/* What was accepted is spent, and so is the try of a wrong code that was answered. */
static bool channel_holds(struct db *db, size_t number)
{
	const struct channel *channel = &kill_test.channels[number];
	struct db_token tokens[DB_USER_TOKENS_MAX];
	struct db_user user;
	size_t count = 0;
	char name[64];

	(void)snprintf(name, sizeof(name), "load-%zu", number);
	if (db_user_find(db, name, &user) || db_token_of_user(db, &user, 0, tokens, &count) || count != 1) {
		printf("# %s and his token are not there\n", name);
		return false;
	}
	const uint64_t used = ((uint64_t)1 << channel->position % 64) - 1;
	const bool spent =
	    number == PRINTED ? (tokens[0].spent & used) == used : tokens[0].next >= channel->position;
	const bool counted = !channel->told || channel->unknown || user.budget.failures > 0;
	if (!spent || !counted)
		printf("# of %s %s is lost\n", name, spent ? "a wrong code's try" : "an accepted code");
	return log_holds(number, &tokens[0]) && spent && counted;
}

static bool disk_holds(void)
{
	static struct config config;
	static char error[CONFIG_ERROR_MAX];
	uint64_t last, wrong = 0;
	struct db_user user;
	char name[64];
	struct db *db;

	if (config_load(kill_test.config_path, &config, error) || db_open(config.database, &db))
		return false;
	bool holds = audit_check(db, 0, &last, &wrong) == CS_OK && log_count(db);
	if (!holds)
		printf("# the audit log does not hold at entry %llu\n", (unsigned long long)wrong);
	for (uint64_t i = 0; i < kill_test.channels[0].position; i++) {
		(void)snprintf(name, sizeof(name), "made-%llu", (unsigned long long)i);
		if (db_user_find(db, name, &user)) {
			printf("# %s was added, and is not there\n", name);
			holds = false;
		}
	}
	for (size_t i = 1; i < CHANNELS; i++)
		holds = channel_holds(db, i) && holds;
	printf("# audit entries: %llu, users added: %llu\n", (unsigned long long)last,
	       (unsigned long long)kill_test.channels[0].position);
	db_close(db);
	return holds;
}

static void result_print(unsigned long kills)
{
	printf(
	    "# kills: %lu, answers: %llu, accepted or added: %llu, refused again: %llu, wrong: %llu, backup "
	    "codes: %llu, lost: %llu, sent again: %llu\n",
	    kills, (unsigned long long)kill_test.answers, (unsigned long long)kill_test.accepted,
	    (unsigned long long)kill_test.refused_again, (unsigned long long)kill_test.wrong,
	    (unsigned long long)kill_test.channels[PRINTED].position, (unsigned long long)kill_test.lost,
	    (unsigned long long)kill_test.sent_again);
	printf("# killed:");
	for (unsigned kind = 0; kind < KINDS; kind++)
		printf("%s %s %u", kind > 0 ? "," : "", kind_names[kind], kill_test.killed[kind]);
	printf("\n");
}

/* Whether each kind was killed that the daemon has. */
static bool kinds_killed(unsigned long kills)
{
	bool each = true;

	for (unsigned kind = 0; kind < KINDS && kills >= KILLS_OF_EACH; kind++)
		if (!kill_test.killed[kind] && (kind != VAULT || kill_test.seen[kind])) {
			printf("# broken: no %s was killed\n", kind_names[kind]);
			each = false;
		}
	return each;
}

int main(int argc, char **argv)
{
	if (argc != 9 && argc != 10) {
		(void)fputs("usage: daemon_kill COUNTERSIGND CONFIG URL[,URL] CA ADMIN APPLICATION KILLS "
			    "SEED [COMMAND]\n",
			    stderr);
		return 2;
	}
	struct test_random rng = {.state = strtoull(argv[8], NULL, 0)};
	struct hmac *hmac = hmac_new();
	unsigned long kills = strtoul(argv[7], NULL, 10);
	pid_t command = 0;

	kill_test.program = argv[1];
	kill_test.config_path = argv[2];
	char *second = strchr(argv[3], ',');
	if (second)
		*second++ = '\0';
	kill_test.urls[0] = argv[3];
	kill_test.urls[1] = second ? second : argv[3];
	kill_test.ca = argv[4];
	kill_test.hmac = hmac_port(hmac);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	kill_test.multi = curl_multi_init();
	kill_test.admin = headers_of(argv[5]);
	kill_test.application = headers_of(argv[6]);
	channels_open();
	daemon_run();
	if (!users_enrol()) {
		printf("# the daemon does not take users: %s\n", kill_test.channels[0].reply);
		kill_test.failed = true;
	}
	for (unsigned long i = 0; i < kills && !kill_test.failed; i++) {
		load_until(kill_test.answers + 5 + test_random_below(&rng, 200), &rng);
		kill_test.printed_now = VERIFY_BACKUP_MAX * (i + 1) / kills;
		load_until(kill_test.answers + 1 + test_random_below(&rng, CHANNELS), &rng);
		if (argc == 10)
			command = command_ended_well(command) ? command_run(argv[9]) : -1;
		else
			daemon_kill(&rng);
	}
	if (!command_ended_well(command))
		kill_test.failed = true;
	load_until(kill_test.answers + 200, &rng);
	kill_test.ending = true;
	/* Nobody looks at what comes of those: all are marked before the first is waited for, as any may end
	 * then. */
	for (size_t i = 0; i < CHANNELS; i++)
		kill_test.channels[i].unknown |= kill_test.channels[i].busy;
	for (size_t i = 0; i < CHANNELS; i++)
		while (kill_test.channels[i].busy)
			transfers_turn();
	bool ended = daemon_end(), holds = disk_holds();
	result_print(kills);
	if (argc == 9)
		holds = kinds_killed(kills) && holds;
	for (size_t i = 0; i < CHANNELS; i++)
		curl_easy_cleanup(kill_test.channels[i].easy);
	(void)curl_multi_cleanup(kill_test.multi);
	curl_slist_free_all(kill_test.admin);
	curl_slist_free_all(kill_test.application);
	curl_global_cleanup();
	hmac_free(hmac);
	return kill_test.failed || !ended || !holds ? 1 : 0;
}
