/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking a person (prompt.h). Reads byte by byte from the descriptor, so that no buffer keeps a copy of a
 * secret, and what follows in standard input is left to the next question.
 */
#include "tools/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

/* Where to ask and to read: the terminal; else stderr and stdin. */
struct prompt {
	int in, out;
	bool tty;
	struct termios saved;
	struct sigaction old_int, old_term;
};

static void prompt_open(struct prompt *p, bool echo)
{
	struct termios quiet;
	struct sigaction act = {.sa_handler = on_signal}; /* without SA_RESTART: read returns */

	p->in = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	p->tty = p->in >= 0 && tcgetattr(p->in, &p->saved) == 0;
	if (!p->tty) {
		if (p->in >= 0)
			close(p->in);
		p->in = STDIN_FILENO;
		p->out = STDERR_FILENO;
		return;
	}
	p->out = p->in;
	interrupted = 0;
	sigaction(SIGINT, &act, &p->old_int);
	sigaction(SIGTERM, &act, &p->old_term);
	quiet = p->saved;
	if (!echo)
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON;
	tcsetattr(p->in, TCSAFLUSH, &quiet);
}

static void prompt_close(struct prompt *p, bool echo)
{
	if (!p->tty)
		return;
	if (!echo)
		(void)!write(p->out, "\n", 1);
	tcsetattr(p->in, TCSAFLUSH, &p->saved);
	sigaction(SIGINT, &p->old_int, NULL);
	sigaction(SIGTERM, &p->old_term, NULL);
	close(p->in);
	if (interrupted)
		raise((int)interrupted);
}

static enum cs_err read_line(const struct prompt *p, char *text, size_t cap)
{
	size_t len = 0;
	bool fits = true;

	for (;;) {
		char c;
		ssize_t n = read(p->in, &c, 1);
		if (n < 0 && errno == EINTR && !(p->tty && interrupted))
			continue;
		if (n < 0)
			return errno == EINTR ? CS_ERR_CANCELLED : CS_ERR_IO;
		if (n == 0 && len == 0)
			return CS_ERR_CANCELLED;
		if (n == 0 || c == '\n')
			break;
		fits = fits && len + 1 < cap;
		if (fits)
			text[len++] = c;
	}
	if (len > 0 && text[len - 1] == '\r')
		len--;
	text[len] = '\0';
	return fits ? CS_OK : CS_ERR_LENGTH;
}

static enum cs_err ask(const char *question, bool echo, char *text, size_t cap)
{
	struct prompt p;

	prompt_open(&p, echo);
	(void)!write(p.out, question, strlen(question));
	enum cs_err err = read_line(&p, text, cap);
	prompt_close(&p, echo);
	if (err)
		cs_wipe(text, cap);
	return err;
}

enum cs_err prompt_secret(const char *question, char *text, size_t cap)
{
	return ask(question, false, text, cap);
}

bool prompt_confirm(const char *question)
{
	char answer[16];
	return ask(question, true, answer, sizeof answer) == CS_OK && strcmp(answer, "yes") == 0;
}
