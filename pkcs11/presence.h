/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which slots of another vendor's card had something in them when it was last used, on disk: what spares a command for each
 * certificate before a program has seen which there are. The file stands for the card's CHUID, which tells cards apart.
 *
 * Nothing is taken from it but that a slot is worth showing: what is in it is read from the card when someone wants to know,
 * and that a slot is empty is asked of the card each time. So a file that is wrong, or that someone has written to, shows an object
 * that turns out not to be there, and no more. But on a card that tells of no key without a certificate, a key that a program has
 * made is remembered so, and its slot not given to another.
 */
#ifndef COUNTERSIGN_PKCS11_PRESENCE_H
#define COUNTERSIGN_PKCS11_PRESENCE_H

struct token;

/* In a transaction, PIV selected, nothing else known yet. One command, where a card of this make was seen before. */
void presence_recall(struct token *token);
/* In a transaction: where a key was made or deleted that the card does not tell of, that is written now: the program may end, and the
 * card go, without a word. Two commands at most, and none on a card that tells. */
void presence_made(struct token *token);
/* In a transaction: what programs have made meanwhile of which the card does not tell. One command. */
void presence_look(struct token *token);
/* At the end: writes what is known now, if that is news; of keys that were made, what is written already stays. Two commands at most,
 * and it waits for nobody. */
void presence_keep(struct token *token);

#endif
