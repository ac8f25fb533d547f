/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of algorithms. The DER below is AlgorithmIdentifier as these have it: RFC 3279, RFC 5480 and RFC
 * 5758 for RSA and the NIST curves, GM/T 0015 for SM2, RFC 8410 for Ed25519 and X25519, RFC 9881 for ML-DSA,
 * RFC 9935 for ML-KEM.
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

static const uint8_t der_p521[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
				   0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23};
static const uint8_t der_ecdsa_sha512[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
					   0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04};
static const uint8_t der_sm2[] = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
				  0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};
static const uint8_t der_sm2_sm3[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75};
static const uint8_t der_ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70};
static const uint8_t der_x25519[] = {0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E};

/* The NIST arcs of signatures (3) and key encapsulation (4); keys and signatures have the same identifier. */
#define NIST_ALGORITHM(kind, number)                                                                         \
	{                                                                                                    \
		0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, (kind), (number)           \
	}
static const uint8_t der_mldsa44[] = NIST_ALGORITHM(3, 0x11);
static const uint8_t der_mldsa65[] = NIST_ALGORITHM(3, 0x12);
static const uint8_t der_mldsa87[] = NIST_ALGORITHM(3, 0x13);
static const uint8_t der_mlkem512[] = NIST_ALGORITHM(4, 1);
static const uint8_t der_mlkem768[] = NIST_ALGORITHM(4, 2);
static const uint8_t der_mlkem1024[] = NIST_ALGORITHM(4, 3);

/* Views of static arrays have to be spelled out in a static initialiser. */
#define DER(array)                                                                                           \
	{                                                                                                    \
		.ptr = (array), .len = sizeof(array)                                                         \
	}

#define NO_HASH (enum cs_hash)0
#define NO_DER                                                                                               \
	{                                                                                                    \
		.ptr = NULL, .len = 0                                                                        \
	}

static const struct piv_algorithm algorithms[] = {
    {PIV_ALG_RSA2048, PIV_FAMILY_RSA, 256, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_RSA3072, PIV_FAMILY_RSA, 384, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_RSA4096, PIV_FAMILY_RSA, 512, DER(der_rsa), CS_SHA256, DER(der_rsa_sha256)},
    {PIV_ALG_P256, PIV_FAMILY_EC, 32, DER(der_p256), CS_SHA256, DER(der_ecdsa_sha256)},
    {PIV_ALG_P384, PIV_FAMILY_EC, 48, DER(der_p384), CS_SHA384, DER(der_ecdsa_sha384)},
    {PIV_ALG_P521, PIV_FAMILY_EC, 66, DER(der_p521), CS_SHA512, DER(der_ecdsa_sha512)},
    {PIV_ALG_SM2, PIV_FAMILY_SM2, 32, DER(der_sm2), NO_HASH, DER(der_sm2_sm3)},
    {PIV_ALG_ED25519, PIV_FAMILY_ED25519, 0, DER(der_ed25519), NO_HASH, DER(der_ed25519)},
    {PIV_ALG_X25519, PIV_FAMILY_X25519, 0, DER(der_x25519), NO_HASH, NO_DER},
    {PIV_ALG_MLDSA44, PIV_FAMILY_MLDSA, 0, DER(der_mldsa44), NO_HASH, DER(der_mldsa44)},
    {PIV_ALG_MLDSA65, PIV_FAMILY_MLDSA, 0, DER(der_mldsa65), NO_HASH, DER(der_mldsa65)},
    {PIV_ALG_MLDSA87, PIV_FAMILY_MLDSA, 0, DER(der_mldsa87), NO_HASH, DER(der_mldsa87)},
    {PIV_ALG_MLKEM512, PIV_FAMILY_MLKEM, 768, DER(der_mlkem512), NO_HASH, NO_DER},
    {PIV_ALG_MLKEM768, PIV_FAMILY_MLKEM, 1088, DER(der_mlkem768), NO_HASH, NO_DER},
    {PIV_ALG_MLKEM1024, PIV_FAMILY_MLKEM, 1568, DER(der_mlkem1024), NO_HASH, NO_DER},
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
