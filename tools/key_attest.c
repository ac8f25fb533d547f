/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign key attest: the certificate with which the card says that a key was made on it and never was
 * elsewhere, and those that stand behind it.
 */
#include "tools/key_attest.h"

#include "base/tlv.h"
#include "cardclient/piv_parse.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/pem.h"
#include "tools/slot_option.h"

#define CHAIN_MAX 3u

struct attestation {
	uint8_t bytes[CHAIN_MAX][CC_PIV_OBJECT_MAX];
	struct cs_view certificates[CHAIN_MAX];
	size_t count;
};

/* The certificate in an object joins the chain; one that is not there, or is compressed, ends it. */
static enum cs_err chain_read(struct cc_card *card, uint32_t object, struct attestation *a)
{
	struct cs_writer w = CS_WRITER_OF(a->bytes[a->count]);
	struct cs_view certificate;
	bool compressed;
	enum cs_err err = cc_piv_get_object(card, object, &w);

	if (err == CS_ERR_NOT_FOUND)
		return CS_OK;
	if (!err)
		err = cc_piv_parse_certificate(cs_writer_view(&w), &certificate, &compressed);
	if (!err && !compressed)
		a->certificates[a->count++] = certificate;
	return err;
}

static enum cs_err attestation_read(struct cc_card *card, uint8_t slot, bool chain, struct attestation *a)
{
	struct cs_writer w = CS_WRITER_OF(a->bytes[0]);
	enum cs_err err = cc_piv_attest(card, slot, &w);

	if (err)
		return err;
	a->certificates[0] = cs_writer_view(&w);
	a->count = 1;
	if (chain)
		err = chain_read(card, PIV_OBJ_ATTESTATION_CERT, a);
	if (!err && chain && a->count == 2)
		err = chain_read(card, PIV_OBJ_ATTESTATION_CA, a);
	return err;
}

static enum cli_status attest_with(struct cli *cli, struct cc_card *card)
{
	static struct attestation a;
	enum cli_status status;
	uint8_t slot;

	if (!slot_read(cli, NULL, &slot, &status) || !login_none(cli, card, &status))
		return status;
	enum cs_err err = attestation_read(card, slot, cli_flag(cli, "chain"), &a);
	if (err == CS_ERR_NOT_FOUND)
		return cli_fail(cli, CLI_REFUSED, "not_found",
				"there is no key in slot %02x; see countersign key list", slot);
	if (err == CS_ERR_STATE)
		return cli_fail(
		    cli, CLI_REFUSED, "not_attested",
		    "the card does not attest the key in slot %02x: it was imported, or the attestation "
		    "key has no certificate",
		    slot);
	if (err)
		return cli_fail_err(cli, err, "have the key attested");
	return pem_print(cli, slot, "CERTIFICATE", a.certificates, a.count);
}

enum cli_status key_attest(struct cli *cli)
{
	return card_run(cli, attest_with);
}

const struct cli_option key_attest_options[] = {
    SLOT_OPTION,
    {"chain", NULL, "print the certificates that it is issued under, too"},
    OUTPUT_OPTION,
    {.name = NULL},
};
