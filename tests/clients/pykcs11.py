#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
#
# What a Python program does with the module through PyKCS11: pykcs11.py MODULE PIN WHAT [FILE...]. Exits 0 if WHAT went as it should.
import hashlib
import sys

import PyKCS11
from PyKCS11 import LowLevel as ck


class Token:
    """The token with the label Test, and a session with it."""

    def __init__(self, module, pin=None):
        self.lib = PyKCS11.PyKCS11Lib()
        self.lib.load(module)
        self.slot = next(slot for slot in self.lib.getSlotList(tokenPresent=True)
                         if self.lib.getTokenInfo(slot).label.strip() == "Test")
        self.session = self.lib.openSession(self.slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION)
        if pin is not None:
            self.session.login(pin)

    def objects(self, object_class, **more):
        template = [(ck.CKA_CLASS, object_class)] + [(getattr(ck, name), value) for name, value in more.items()]
        return self.session.findObjects(template)

    def key(self, number):
        return self.objects(ck.CKO_PRIVATE_KEY, CKA_ID=(number,))[0]


def show(module, pin):
    token = Token(module)
    info = token.lib.getTokenInfo(token.slot)
    assert "CKF_LOGIN_REQUIRED" in info.flags2text() and "CKF_TOKEN_INITIALIZED" in info.flags2text()
    assert token.lib.getMechanismInfo(token.slot, "CKM_RSA_PKCS").ulMaxKeySize >= 2048


def mechanisms(module, pin):
    """Exits with 3 where PyKCS11 fails on a mechanism that it has no name for."""
    token = Token(module)
    try:
        names = token.lib.getMechanismList(token.slot)
    except KeyError as unknown:
        assert unknown.args[0] not in PyKCS11.CKM
        sys.exit(3)
    assert "CKM_ECDSA" in names and "CKM_RSA_PKCS_PSS" in names


def objects(module, pin):
    token = Token(module)
    assert len(token.objects(ck.CKO_PUBLIC_KEY)) == 3 and not token.objects(ck.CKO_PRIVATE_KEY)
    token.session.login(pin)
    for key in token.objects(ck.CKO_PRIVATE_KEY):
        kind, number, private = token.session.getAttributeValue(key, [ck.CKA_KEY_TYPE, ck.CKA_ID, ck.CKA_PRIVATE])
        assert kind in (ck.CKK_RSA, ck.CKK_EC) and len(number) == 1 and private
        try:
            values = token.session.getAttributeValue(key, [ck.CKA_VALUE if kind == ck.CKK_EC else ck.CKA_PRIVATE_EXPONENT])
            assert not values[0]
        except PyKCS11.PyKCS11Error as error:
            assert error.value == ck.CKR_ATTRIBUTE_SENSITIVE
    token.session.logout()
    assert not token.objects(ck.CKO_PRIVATE_KEY)


def sign(module, pin, data, rsa, ecdsa):
    """Leaves an RSA-PSS signature and one of ECDSA, r and s, of the data."""
    token = Token(module, pin)
    message = open(data, "rb").read()
    pss = PyKCS11.RSA_PSS_Mechanism(ck.CKM_SHA256_RSA_PKCS_PSS, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 32)
    open(rsa, "wb").write(bytes(token.session.sign(token.key(1), message, pss)))
    digest = hashlib.sha256(message).digest()
    open(ecdsa, "wb").write(bytes(token.session.sign(token.key(3), digest, PyKCS11.Mechanism(ck.CKM_ECDSA, None))))


def decrypt(module, pin, encrypted, decrypted):
    token = Token(module, pin)
    oaep = PyKCS11.RSAOAEPMechanism(ck.CKM_SHA256, ck.CKG_MGF1_SHA256)
    open(decrypted, "wb").write(bytes(token.session.decrypt(token.key(1), open(encrypted, "rb").read(), oaep)))


def generate(module, pin):
    """A key pair in the tenth slot, which signs and does nothing else, and is then no more."""
    token = Token(module, pin)
    p256 = bytes.fromhex("06082A8648CE3D030107")
    common = [(ck.CKA_TOKEN, ck.CK_TRUE), (ck.CKA_ID, (10,))]
    of_public = common + [(ck.CKA_EC_PARAMS, p256), (ck.CKA_VERIFY, ck.CK_TRUE)]
    of_private = common + [(ck.CKA_PRIVATE, ck.CK_TRUE), (ck.CKA_SIGN, ck.CK_TRUE), (ck.CKA_DERIVE, ck.CK_FALSE)]
    generator = PyKCS11.Mechanism(ck.CKM_EC_KEY_PAIR_GEN, None)
    for unheard_of in ((ck.CKA_EXTRACTABLE, ck.CK_TRUE), (ck.CKA_SENSITIVE, ck.CK_FALSE)):
        try:
            token.session.generateKeyPair(of_public, of_private + [unheard_of], mecha=generator)
            raise AssertionError("such a key was made")
        except PyKCS11.PyKCS11Error as error:
            assert error.value == ck.CKR_TEMPLATE_INCONSISTENT, error
    public, private = token.session.generateKeyPair(of_public, of_private, mecha=generator)
    assert token.session.getAttributeValue(private, [ck.CKA_SIGN, ck.CKA_DERIVE]) == [True, False]
    ecdsa = PyKCS11.Mechanism(ck.CKM_ECDSA_SHA256, None)
    signature = token.session.sign(private, b"message", ecdsa)
    assert token.session.verify(public, b"message", signature, ecdsa)
    assert not token.session.verify(public, b"another", signature, ecdsa)
    token.session.destroyObject(private)
    assert not token.objects(ck.CKO_PRIVATE_KEY, CKA_ID=(10,))


def wrong(module, pin):
    try:
        Token(module, pin)
    except PyKCS11.PyKCS11Error as error:
        assert error.value == ck.CKR_PIN_INCORRECT, error
        return
    raise AssertionError("the PIN was taken")


def wait(module, pin):
    """Says that it waits; comes back with the slot that the card was pulled from."""
    token = Token(module)
    try:
        token.lib.waitForSlotEvent(ck.CKF_DONT_BLOCK)
        raise AssertionError("nothing has happened yet")
    except PyKCS11.PyKCS11Error as error:
        assert error.value == ck.CKR_NO_EVENT, error
    print("waiting", flush=True)
    assert token.lib.waitForSlotEvent() == token.slot
    assert token.slot not in token.lib.getSlotList(tokenPresent=True)


if __name__ == "__main__":
    module_path, user_pin, what, *files = sys.argv[1:]
    {"show": show, "mechanisms": mechanisms, "objects": objects, "sign": sign, "decrypt": decrypt, "generate": generate,
     "wrong": wrong, "wait": wait}[what](module_path, user_pin, *files)
