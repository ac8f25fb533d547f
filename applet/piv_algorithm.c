/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of algorithms. The DER below is AlgorithmIdentifier as RFC 3279, RFC 5480 and RFC 5758 have it.
 */
#include "applet/piv_algorithm.h"

static const uint8_t der_rsa[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
				  0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t der_p256[] = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
				   0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t der_p384[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
				   0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
static const uint8_t der_rsa_sha256[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
					 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00};
static const uint8_t der_ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
					   0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
static const uint8_t der_ecdsa_sha384[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
					   0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03};

/* Views of static arrays have to be spelled out in a static initialiser. */
#define DER(array)                                                                                           \
	{                                                                                                    \
		.ptr = (array), .len = sizeof(array)                                                         \
	}

static const struct piv_algorithm algorithms[] = {
    {PIV_ALG_RSA2048, PIV_FAMILY_RSA, 256, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_RSA3072, PIV_FAMILY_RSA, 384, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_RSA4096, PIV_FAMILY_RSA, 512, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_P256, PIV_FAMILY_EC, 32, DER(der_p256), CS_SHA256, DER(der_ecdsa_sha256)},
    {PIV_ALG_P384, PIV_FAMILY_EC, 48, DER(der_p384), CS_SHA384, DER(der_ecdsa_sha384)},
};

static const struct piv_cipher ciphers[] = {
    {PIV_ALG_3DES, 24, 8},
    {PIV_ALG_AES128, 16, 16},
    {PIV_ALG_AES192, 24, 16},
    {PIV_ALG_AES256, 32, 16},
};

const struct piv_algorithm *piv_algorithm_row(size_t index)
{
	return index < sizeof(algorithms) / sizeof(algorithms[0]) ? &algorithms[index] : NULL;
}

const struct piv_algorithm *piv_algorithm_find(const struct card *card, uint8_t id)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_algorithm *row;

	for (size_t i = 0; (row = piv_algorithm_row(i)) != NULL; i++) {
		if (row->id == id)
			return crypto->supports(crypto->ctx, row->id) ? row : NULL;
	}
	return NULL;
}

const struct piv_cipher *piv_cipher_find(uint8_t id)
{
	if (id == 0)
		id = PIV_ALG_3DES;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (ciphers[i].id == id)
			return &ciphers[i];
	}
	return NULL;
}
