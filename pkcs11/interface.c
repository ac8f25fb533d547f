/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_GetFunctionList, C_GetInterfaceList, C_GetInterface. They work before C_Initialize and after C_Finalize.
 */
#include "pkcs11/entry.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "pkcs11/interface.h"

#define ENTRY(name, args) .name = name,

static CK_FUNCTION_LIST list_2_40 = {.version = {2, 40}, CK_FUNCTIONS_2_40(ENTRY)};
static CK_FUNCTION_LIST_3_0 list_3_0 = {.version = {3, 0}, CK_FUNCTIONS_2_40(ENTRY) CK_FUNCTIONS_3_0(ENTRY)};
static CK_FUNCTION_LIST_3_2 list_3_2 = {
    .version = {3, 2}, CK_FUNCTIONS_2_40(ENTRY) CK_FUNCTIONS_3_0(ENTRY) CK_FUNCTIONS_3_2(ENTRY)};

/* The standard has a child of fork call C_Initialize again; that this works, whatever the parent's threads
 * were doing, is what CKF_INTERFACE_FORK_SAFE says. The newest comes first: it is what callers get who do not
 * care. */
static CK_UTF8CHAR interface_name[] = "PKCS 11";
static CK_INTERFACE interfaces[] = {
    {interface_name, &list_3_2, CKF_INTERFACE_FORK_SAFE},
    {interface_name, &list_3_0, CKF_INTERFACE_FORK_SAFE},
    {interface_name, &list_2_40, CKF_INTERFACE_FORK_SAFE},
};

/* C_GetInfo is of the interface that it was asked through: programs that know 2.40 only look for that in it.
 */
static CK_RV info_of(CK_VERSION version, CK_INFO_PTR info)
{
	CK_RV rv = C_GetInfo(info);

	if (rv == CKR_OK)
		info->cryptokiVersion = version;
	return rv;
}

static CK_RV info_3_0(CK_INFO_PTR info)
{
	return info_of(list_3_0.version, info);
}

static CK_RV info_3_2(CK_INFO_PTR info)
{
	return info_of(list_3_2.version, info);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lists_make(void)
{
	list_3_0.C_GetInfo = info_3_0;
	list_3_2.C_GetInfo = info_3_2;
}

#define INTERFACES (sizeof(interfaces) / sizeof(interfaces[0]))

CK_VERSION interface_library_version(void)
{
	unsigned major = 0, minor = 0;

	(void)sscanf(PACKAGE_VERSION, "%u.%u", &major, &minor);
	return (CK_VERSION){(CK_BYTE)major, (CK_BYTE)minor};
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	if (list == NULL)
		return CKR_ARGUMENTS_BAD;
	*list = &list_2_40;
	return CKR_OK;
}

CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count)
{
	CK_ULONG room;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&once, lists_make);
	room = *count;
	*count = INTERFACES;
	if (list == NULL)
		return CKR_OK;
	if (room < INTERFACES)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(list, interfaces, sizeof(interfaces));
	return CKR_OK;
}

CK_RV C_GetInterface(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR found, CK_FLAGS flags)
{
	if (found == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&once, lists_make);
	for (size_t i = 0; i < INTERFACES; i++) {
		const CK_VERSION *have = interfaces[i].pFunctionList;

		if (name != NULL && strcmp((const char *)name, (const char *)interface_name) != 0)
			continue;
		if (version != NULL && (version->major != have->major || version->minor != have->minor))
			continue;
		if ((flags & interfaces[i].flags) != flags)
			continue;
		*found = &interfaces[i];
		return CKR_OK;
	}
	return CKR_FUNCTION_FAILED;
}
