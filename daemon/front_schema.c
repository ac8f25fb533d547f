/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What each operation is called, and the shape of its answer.
 */
#include "daemon/front_schema.h"

#include "daemon/ipc.h"

static const struct front_operation OPERATIONS[IPC_OP_COUNT + 1] = {
    [0] = {"This document", 200, "Document"},
    [IPC_OP_COUNT] = {"Does the process answer?", 200, "Health"},
    [IPC_READY] = {"Can this daemon serve?", 200, "Health"},
    [IPC_OTP_VERIFY] = {"Is this code the user's?", 200, "Verification"},
    [IPC_USER_ADD] = {"Make a user known", 201, "User"},
    [IPC_USER_DISABLE] = {"Know a user at no door any more", 200, "UserState"},
    [IPC_USER_ENABLE] = {"Know him again", 200, "UserState"},
    [IPC_USER_DELETE] = {"Delete a user and all that is his", 200, "UserDeleted"},
    [IPC_USER_LIST] = {"List users", 200, "UserList"},
    [IPC_ALIAS_ADD] = {"Give a user another name", 201, "Alias"},
    [IPC_ALIAS_LIST] = {"List other names of users", 200, "AliasList"},
    [IPC_ALIAS_REMOVE] = {"Take another name of a user away", 200, "Alias"},
    [IPC_TOKEN_ENROL] = {"Enrol a token", 201, "Enrolment"},
    [IPC_TOKEN_LIST] = {"List tokens", 200, "TokenList"},
    [IPC_ENROLMENT_KEY] = {"The key that cards seal the seeds to which they make", 200, "EnrolmentKey"},
    [IPC_TOKEN_DISABLE] = {"Accept a token's codes no more", 200, "TokenState"},
    [IPC_TOKEN_ENABLE] = {"Accept a token's codes again", 200, "TokenState"},
    [IPC_TOKEN_RESYNC] = {"Bring a token in step with two codes", 200, "TokenResync"},
    [IPC_APP_ADD] = {"Give an application a credential", 201, "ApplicationCredential"},
    [IPC_APP_LIST] = {"List applications", 200, "ApplicationList"},
    [IPC_APP_REMOVE] = {"Take an application's credential away", 200, "ApplicationRemoved"},
    [IPC_AUDIT_LIST] = {"Read the audit log", 200, "AuditList"},
    [IPC_CHECKPOINT_LIST] = {"Read the signed checkpoints of the audit log", 200, "CheckpointList"},
    [IPC_REPORT_GET] = {"Read the signed report of a day", 200, "Report"},
    [IPC_AUDIT_KEY] = {"The key that the checkpoints are verified with", 200, "AuditKey"},
    [IPC_HEALTH] = {"Does the database answer?", 200, "Health"},
    [IPC_METRICS] = {"Figures for Prometheus", 200, NULL},
    [IPC_CHALLENGE_CREATE] = {"Challenge a user", 201, "Challenge"},
    [IPC_CHALLENGE_GET] = {"What became of a challenge", 200, "ChallengeState"},
    [IPC_TOKEN_LOSE] = {"Put a temporary password in the place of a lost token", 201, "Enrolment"},
    [IPC_TOKEN_PIN] = {"Set the PIN that stands beside a token's codes", 200, "TokenPin"},
    [IPC_TOKEN_EXPIRE] = {"Say when a token expires", 200, "TokenExpiry"},
    [IPC_TOKEN_REPLACE] = {"Enrol another token in a token's place, and disable that one", 201, "Enrolment"},
    [IPC_TOKEN_DELETE] = {"Delete a token", 200, "TokenDeleted"},
    [IPC_USER_PASSWORD] = {"Set a user's password", 200, "UserPassword"},
    [IPC_USER_CLASS] = {"Put a user into a class", 200, "UserClass"},
    [IPC_CLASS_SET] = {"Say which factors a class wants", 200, "Class"},
    [IPC_CLASS_LIST] = {"List classes", 200, "ClassList"},
    [IPC_LOGIN] = {"Log a user in as his class wants it", 200, "Login"},
    [IPC_CERTIFICATE_ADD] = {"Bind a certificate's key to a user", 201, "UserCertificate"},
    [IPC_CERTIFICATE_LIST] = {"List certificates of users", 200, "UserCertificateList"},
    [IPC_CERTIFICATE_REMOVE] = {"Bind a certificate's key to a user no more", 200, "UserCertificate"},
    [IPC_USER_CERTIFICATES] = {"Say whether names in certificates count for a user", 200, "UserCertificates"},
    [IPC_LOCK_LIST] = {"List addresses that are locked", 200, "LockList"},
    [IPC_LOCK_LIFT] = {"Lift what an address is locked by", 200, "LockLifted"},
    [IPC_OUTBOX_LIST] = {"List messages that wait to be sent, or were given up", 200, "OutboxList"},
    [IPC_OUTBOX_RETRY] = {"Send a message that was given up", 200, "OutboxRetry"},
    [IPC_IMPORT_OPEN] = {"Begin to import a file of tokens, or go on with it", 201, "Import"},
    [IPC_IMPORT_ROWS] = {"Stage the file's next rows", 200, "ImportRows"},
    [IPC_IMPORT_COMMIT] = {"Make all rows of the file tokens", 200, "ImportDone"},
    [IPC_IMPORT_DISCARD] =
	{"Forget a file that is not imported yet; discarded is false while rows are left: ask again", 200,
	 "ImportDiscarded"},
    [IPC_IMPORT_LIST] = {"List imports", 200, "ImportList"},
    [IPC_USER_EXPORT] = {"Tell the seeds of a user's tokens, after another administrator's approval", 200,
			 "UserExport"},
    [IPC_REALM_EXPORT] =
	{"Tell the seeds of a realm's tokens, page by page, after another administrator's approval", 200,
	 "RealmExport"},
    [IPC_REKEY] =
	{"Seal all seeds and signing keys under another data key, after another administrator's approval",
	 201, "DataKeys"},
    [IPC_DATA_KEY_LIST] = {"Which data key seals, and how far its change is", 200, "DataKeys"},
    [IPC_SIGNING_ROTATE] =
	{"Sign assertions with another key at once, after another administrator's approval", 200, "KeySet"},
    [IPC_BREAK_GLASS_ISSUE] = {"Make a break-glass code, after another administrator's approval", 201,
			       "BreakGlassCode"},
    [IPC_BREAK_GLASS_LIST] = {"List this daemon's break-glass codes", 200, "BreakGlassList"},
    [IPC_BREAK_GLASS_REVOKE] = {"Revoke a break-glass code", 200, "BreakGlassState"},
    [IPC_STOCK_LIST] = {"List tokens that nobody has", 200, "StockList"},
    [IPC_TOKEN_ASSIGN] = {"Give a token in stock to a user", 200, "TokenAssigned"},
    [IPC_STOCK_DELETE] = {"Delete a token in stock", 200, "StockDeleted"},
    [IPC_JWKS] = {"The keys that assertions are checked with", 200, "KeySet"},
    [IPC_APP_ROTATE] = {"Give an application another credential", 200, "ApplicationCredential"},
    [IPC_APP_SCOPE] = {"Say what an application's credential is good for", 200, "ApplicationScope"},
    [IPC_STAFF_CERTIFICATE] = {"Say which client certificate is a person's", 200, "HolderCertificate"},
    [IPC_APP_CERTIFICATE] = {"Say which client certificate is an application's", 200, "HolderCertificate"},
    [IPC_AUTH] = {"Exchange a credential for a token that is good for an hour", 200, "Validate"},
    [IPC_STAFF_ADD] = {"Give a person a credential and a role", 201, "StaffCredential"},
    [IPC_STAFF_LIST] = {"List persons and their roles", 200, "StaffList"},
    [IPC_STAFF_ROTATE] = {"Give a person another credential", 200, "StaffCredential"},
    [IPC_STAFF_DISABLE] = {"Take a person's credential out of use", 200, "StaffState"},
    [IPC_STAFF_ENABLE] = {"Take a person's credential into use again", 200, "StaffState"},
    [IPC_APPROVAL_LIST] = {"List what needs another administrator's approval", 200, "ApprovalList"},
    [IPC_APPROVAL_GRANT] = {"Approve what another administrator has proposed", 200, "Approval"},
    [IPC_APPROVAL_REFUSE] = {"Refuse, or withdraw, a proposal", 200, "Approval"},
};

#define TEXT	    "{\"type\":\"string\"}"
#define NATURAL	    "{\"type\":\"integer\",\"minimum\":0}"
#define FLAG	    "{\"type\":\"boolean\"}"
#define TOKEN_ID    "{\"type\":\"string\",\"pattern\":\"^t_[0-9a-f]{16}$\"}"
#define ACCEPTED_ID "{\"type\":\"string\",\"pattern\":\"^[tg]_[0-9a-f]{16}$\"}"
#define DIGEST	    "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
#define SALT	    "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"}"
#define TYPE_NAME                                                                                            \
	"{\"enum\":[\"hotp\",\"totp\",\"ocra\",\"sms\",\"email\",\"list\",\"grid\",\"backup\","              \
	"\"temporary\"]}"
#define STATE_NAME "{\"enum\":[\"active\",\"disabled\"]}"
#define FACTORS                                                                                              \
	"{\"enum\":[\"password\",\"code\",\"password+code\",\"certificate+password\",\"certificate+code\"]}"
#define CERTIFICATES "{\"enum\":[\"bound\",\"named\"]}"
#define OBJECT(required, properties)                                                                         \
	"{\"type\":\"object\",\"required\":[" required                                                       \
	"],\"additionalProperties\":false,\"properties\":{" properties "}}"
#define LIST(member, item, next)                                                                             \
	OBJECT("\"" member "\",\"next\"",                                                                    \
	       "\"" member "\":{\"type\":\"array\",\"items\":" item "},\"next\":" next)
#define ROLES "{\"type\":\"array\",\"items\":{\"enum\":[\"administrator\",\"operator\",\"auditor\"]}}"
#define APPROVAL                                                                                             \
	OBJECT("\"approval\",\"action\",\"subject\",\"proposer\",\"state\",\"expires\"",                     \
	       "\"approval\":{\"type\":\"string\",\"pattern\":\"^a_[0-9a-f]{16}$\"},\"action\":" TEXT        \
	       ",\"subject\":" TEXT ",\"proposer\":" TEXT ",\"approved_by\":" TEXT ",\"refused_by\":" TEXT   \
	       ",\"state\":{\"enum\":[\"proposed\",\"approved\",\"refused\",\"executed\",\"expired\"]},"     \
	       "\"expires\":" NATURAL)
#define BREAK_GLASS                                                                                          \
	OBJECT("\"id\",\"user\",\"state\",\"issued\",\"expires\"",                                           \
	       "\"id\":" TEXT ",\"user\":" TEXT                                                              \
	       ",\"state\":{\"enum\":[\"issued\",\"expired\",\"spent\",\"revoked\"]},"                       \
	       "\"issued\":" NATURAL ",\"expires\":" NATURAL ",\"spent\":" NATURAL)
#define SCOPE		",\"calls\":" TEXT ",\"realms\":" TEXT ",\"addresses\":" TEXT
#define NEXT_TEXT	"{\"type\":[\"string\",\"null\"]}"
#define NEXT_NUMBER	"{\"type\":[\"string\",\"integer\",\"null\"]}"
#define IMPORT_ID	"{\"type\":\"string\",\"pattern\":\"^i_[0-9a-f]{16}$\"}"
#define IMPORT_REQUIRED "\"import\",\"name\",\"digest\",\"users\",\"state\",\"rows\",\"staged\",\"refused\""
#define IMPORT_MEMBERS                                                                                       \
	"\"import\":" IMPORT_ID ",\"name\":" TEXT ",\"digest\":" DIGEST                                      \
	",\"users\":{\"enum\":[\"known\",\"make\",\"none\"]},\"state\":{\"enum\":[\"staging\",\"done\"]}"    \
	",\"rows\":" NATURAL ",\"staged\":" NATURAL ",\"refused\":" NATURAL
#define EXPORTED                                                                                             \
	OBJECT("\"token\",\"user\",\"type\",\"algorithm\",\"digits\",\"counter\",\"serial\","                \
	       "\"label\","                                                                                  \
	       "\"state\"",                                                                                  \
	       "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"type\":" TYPE_NAME ",\"secret\":" TEXT            \
	       ",\"algorithm\":" TEXT ",\"digits\":" NATURAL ",\"period\":" NATURAL ",\"counter\":" NATURAL  \
	       ",\"serial\":" TEXT ",\"label\":" TEXT ",\"suite\":" TEXT ",\"expires\":" NATURAL             \
	       ",\"state\":" STATE_NAME)
#define FAILURES "\"failures\":" NATURAL ",\"locked\":" FLAG ",\"wait\":" NATURAL

static const struct front_schema SCHEMAS[] = {
    {"Document", "{\"type\":\"object\",\"required\":[\"openapi\",\"info\",\"paths\"]}"},
    {"Error", OBJECT("\"error\"", "\"error\":" OBJECT("\"code\",\"message\"",
						      "\"code\":{\"type\":\"string\","
						      "\"pattern\":\"^[a-z_]+$\"},\"message\":" TEXT))},
    {"Verification",
     OBJECT("\"accepted\"", "\"accepted\":" FLAG ",\"token\":" ACCEPTED_ID
			    ",\"reason\":{\"enum\":[\"wrong\",\"locked\"]},\"wait\":" NATURAL)},
    {"User", OBJECT("\"user\"", "\"user\":" TEXT)},
    {"UserState", OBJECT("\"user\",\"state\"", "\"user\":" TEXT ",\"state\":" STATE_NAME)},
    {"UserDeleted", OBJECT("\"user\",\"deleted\"", "\"user\":" TEXT ",\"deleted\":{\"const\":true}")},
    {"UserList",
     LIST("users",
	  OBJECT("\"user\",\"class\",\"password\",\"certificates\",\"state\",\"failures\",\"locked\","
		 "\"created\"",
		 "\"user\":" TEXT ",\"class\":" TEXT ",\"password\":" FLAG ",\"certificates\":" CERTIFICATES
		 ",\"state\":" STATE_NAME "," FAILURES ",\"created\":" NATURAL),
	  NEXT_TEXT)},
    {"Alias", OBJECT("\"alias\",\"user\"", "\"alias\":" TEXT ",\"user\":" TEXT)},
    {"AliasList", LIST("aliases",
		       OBJECT("\"alias\",\"user\",\"created\"",
			      "\"alias\":" TEXT ",\"user\":" TEXT ",\"created\":" NATURAL),
		       NEXT_TEXT)},
    {"Enrolment",
     OBJECT("\"token\",\"user\"", "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"otpauth\":" TEXT
				  ",\"secret\":" TEXT ",\"codes\":{\"type\":\"array\",\"items\":" TEXT
				  "},\"password\":" TEXT ",\"serial\":" TEXT ",\"expires\":" NATURAL)},
    {"EnrolmentKey", OBJECT("\"key\",\"curve\",\"point\",\"pem\"",
			    "\"key\":{\"type\":\"string\",\"pattern\":\"^e_[0-9a-f]{16}$\"}"
			    ",\"curve\":{\"const\":\"P-256\"},\"point\":{\"type\":\"string\","
			    "\"pattern\":\"^04[0-9a-f]{128}$\"},\"pem\":" TEXT)},
    {"TokenList",
     LIST(
	 "tokens",
	 OBJECT("\"token\",\"user\",\"type\",\"failures\",\"locked\",\"pin\",\"state\",\"label\",\"created\"",
		"\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"type\":" TYPE_NAME
		",\"algorithm\":{\"enum\":[\"SHA1\",\"SHA256\",\"SHA384\",\"SHA512\"]},\"digits\":" NATURAL
		",\"counter\":" NATURAL ",\"period\":" NATURAL
		",\"drift\":{\"type\":\"integer\"},\"suite\":" TEXT ",\"destination\":" TEXT
		",\"serial\":" TEXT ",\"left\":" NATURAL ",\"expires\":" NATURAL ",\"pin\":" FLAG
		",\"state\":" STATE_NAME ",\"label\":" TEXT "," FAILURES ",\"created\":" NATURAL),
	 NEXT_TEXT)},
    {"TokenState", OBJECT("\"token\",\"user\",\"state\"",
			  "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"state\":" STATE_NAME)},
    {"TokenExpiry",
     OBJECT("\"token\",\"user\"", "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"expires\":" NATURAL)},
    {"TokenDeleted", OBJECT("\"token\",\"user\",\"deleted\"",
			    "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"deleted\":{\"const\":true}")},
    {"TokenResync", OBJECT("\"token\",\"user\",\"resynced\"",
			   "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"resynced\":{\"const\":true}")},
    {"TokenPin",
     OBJECT("\"token\",\"user\",\"pin\"", "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"pin\":" TEXT)},
    {"ApplicationCredential", OBJECT("\"name\",\"credential\"", "\"name\":" TEXT ",\"credential\":" TEXT)},
    {"ApplicationList", LIST("applications",
			     OBJECT("\"name\",\"calls\",\"realms\",\"addresses\",\"created\"",
				    "\"name\":" TEXT SCOPE ",\"created\":" NATURAL),
			     NEXT_TEXT)},
    {"ApplicationScope", OBJECT("\"name\",\"calls\",\"realms\",\"addresses\"", "\"name\":" TEXT SCOPE)},
    {"ApplicationRemoved", OBJECT("\"name\",\"removed\"", "\"name\":" TEXT ",\"removed\":{\"const\":true}")},
    {"AuditList",
     LIST("entries",
	  OBJECT("\"sequence\",\"time_ms\",\"actor\",\"action\",\"user\",\"token\",\"result\",\"reason\","
		 "\"address\","
		 "\"detail\",\"format\",\"previous\",\"hash\"",
		 "\"sequence\":" NATURAL ",\"time_ms\":" NATURAL ",\"actor\":" TEXT ",\"action\":" TEXT
		 ",\"user\":" TEXT ",\"token\":" TEXT ",\"result\":" TEXT ",\"reason\":" TEXT
		 ",\"address\":" TEXT ",\"detail\":" TEXT ",\"format\":{\"enum\":[1,2]},\"salt\":" SALT
		 ",\"commitment\":" DIGEST ",\"previous\":" DIGEST ",\"hash\":" DIGEST),
	  NEXT_NUMBER)},
    {"CheckpointList", LIST("checkpoints",
			    OBJECT("\"sequence\",\"time_ms\",\"hash\",\"text\",\"signature\"",
				   "\"sequence\":" NATURAL ",\"time_ms\":" NATURAL ",\"hash\":" DIGEST
				   ",\"text\":" TEXT ",\"signature\":" TEXT),
			    NEXT_NUMBER)},
    {"Report", OBJECT("\"day\",\"text\",\"text_signature\",\"html\",\"html_signature\"",
		      "\"day\":" TEXT ",\"text\":" TEXT ",\"text_signature\":" TEXT ",\"html\":" TEXT
		      ",\"html_signature\":" TEXT)},
    {"AuditKey", OBJECT("\"key\",\"pem\"", "\"key\":" DIGEST ",\"pem\":" TEXT)},
    {"Health", OBJECT("\"status\"", "\"status\":{\"enum\":[\"ok\",\"not_ready\"]},"
				    "\"checks\":{\"type\":\"object\"}")},
    {"Challenge", OBJECT("\"challenge\",\"user\",\"token\",\"type\",\"expires\"",
			 "\"challenge\":" TEXT ",\"user\":" TEXT ",\"token\":" TOKEN_ID ",\"type\":" TYPE_NAME
			 ",\"question\":" TEXT ",\"sent_to\":" TEXT ",\"expires\":" NATURAL)},
    {"ChallengeState",
     OBJECT("\"challenge\",\"token\",\"state\",\"expires\"",
	    "\"challenge\":" TEXT ",\"token\":" TOKEN_ID
	    ",\"state\":{\"enum\":[\"open\",\"answered\",\"expired\"]},\"expires\":" NATURAL)},
    {"UserPassword",
     OBJECT("\"user\",\"change\"", "\"user\":" TEXT ",\"change\":{\"enum\":[\"first\",\"never\"]}")},
    {"UserClass",
     OBJECT("\"user\",\"class\",\"factors\"", "\"user\":" TEXT ",\"class\":" TEXT ",\"factors\":" FACTORS)},
    {"Class", OBJECT("\"class\",\"factors\"", "\"class\":" TEXT ",\"factors\":" FACTORS)},
    {"ClassList",
     LIST("classes", OBJECT("\"class\",\"factors\"", "\"class\":" TEXT ",\"factors\":" FACTORS), NEXT_TEXT)},
    {"Import", OBJECT(IMPORT_REQUIRED, IMPORT_MEMBERS)},
    {"ImportRows",
     OBJECT(IMPORT_REQUIRED ",\"refusals\"",
	    IMPORT_MEMBERS ",\"refusals\":{\"type\":\"array\",\"items\":" OBJECT(
		"\"row\",\"code\",\"message\"",
		"\"row\":" NATURAL
		",\"code\":{\"type\":\"string\",\"pattern\":\"^[a-z_]+$\"},\"message\":" TEXT) "}")},
    {"ImportDone", OBJECT(IMPORT_REQUIRED ",\"assigned\",\"stock\"",
			  IMPORT_MEMBERS ",\"assigned\":" NATURAL ",\"stock\":" NATURAL)},
    {"ImportDiscarded",
     OBJECT("\"import\",\"discarded\"", "\"import\":" IMPORT_ID ",\"discarded\":{\"type\":\"boolean\"}")},
    {"ImportList",
     LIST("imports", OBJECT(IMPORT_REQUIRED ",\"created\"", IMPORT_MEMBERS ",\"created\":" NATURAL),
	  NEXT_TEXT)},
    {"UserExport", OBJECT("\"user\",\"tokens\"",
			  "\"user\":" TEXT ",\"tokens\":{\"type\":\"array\",\"items\":" EXPORTED "}")},
    {"RealmExport",
     OBJECT("\"realm\",\"tokens\",\"next\"",
	    "\"realm\":" TEXT ",\"tokens\":{\"type\":\"array\",\"items\":" EXPORTED "},\"next\":" NEXT_TEXT)},
    {"DataKeys", OBJECT("\"current\",\"keys\",\"state\"",
			"\"current\":" NATURAL ",\"keys\":{\"type\":\"array\",\"items\":" OBJECT(
			    "\"number\",\"created\"",
			    "\"number\":" NATURAL
			    ",\"created\":" NATURAL) "}"
						     ",\"state\":{\"enum\":[\"none\",\"running\",\"done\"]},"
						     "\"total\":" NATURAL ",\"done\":" NATURAL
						     ",\"unreadable\":" NATURAL ",\"finished\":" NATURAL)},
    {"StockList",
     LIST("tokens",
	  OBJECT("\"token\",\"serial\",\"import\",\"type\",\"algorithm\",\"digits\",\"label\"",
		 "\"token\":" TOKEN_ID ",\"serial\":" TEXT ",\"import\":" IMPORT_ID ",\"type\":" TYPE_NAME
		 ",\"algorithm\":" TEXT ",\"digits\":" NATURAL ",\"expires\":" NATURAL ",\"label\":" TEXT),
	  NEXT_TEXT)},
    {"BreakGlassCode", OBJECT("\"id\",\"user\",\"expires\"",
			      "\"id\":" TEXT ",\"user\":" TEXT ",\"code\":" TEXT ",\"expires\":" NATURAL)},
    {"BreakGlassState", BREAK_GLASS},
    {"BreakGlassList", LIST("codes", BREAK_GLASS, NEXT_TEXT)},
    {"StockDeleted", OBJECT("\"token\",\"serial\",\"deleted\"",
			    "\"token\":" TOKEN_ID ",\"serial\":" TEXT ",\"deleted\":{\"const\":true}")},
    {"TokenAssigned",
     OBJECT("\"token\",\"user\",\"serial\"", "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"serial\":" TEXT)},
    {"Login",
     OBJECT("\"accepted\"",
	    "\"accepted\":" FLAG ",\"user\":" TEXT
	    ",\"level\":{\"enum\":[\"aal1\",\"aal2\"]},\"assertion\":" TEXT ",\"expires\":" NATURAL
	    ",\"next\":{\"type\":\"array\",\"items\":{\"enum\":[\"certificate\",\"password\","
	    "\"new_password\",\"code\"]}},\"certificate\":" OBJECT(
		"\"issuer\",\"application\",\"user\",\"nonce\",\"expires\"",
		"\"issuer\":" TEXT ",\"application\":" TEXT ",\"user\":" TEXT ",\"nonce\":" TEXT
		",\"expires\":" NATURAL) ""
					 ",\"reason\":{\"enum\":[\"wrong\",\"locked\"]},\"wait\":" NATURAL)},
    {"KeySet", OBJECT("\"keys\"", "\"keys\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
				  "\"required\":[\"kty\",\"crv\",\"kid\",\"x\",\"y\"]}}")},
    {"HolderCertificate",
     OBJECT("\"name\",\"certificate\"",
	    "\"name\":" TEXT ",\"certificate\":{\"type\":\"string\",\"pattern\":\"^(none|[0-9a-f]{64})$\"}")},
    {"UserCertificate", OBJECT("\"certificate\",\"user\",\"label\"",
			       "\"certificate\":" DIGEST ",\"user\":" TEXT ",\"label\":" TEXT)},
    {"UserCertificates",
     OBJECT("\"user\",\"certificates\"", "\"user\":" TEXT ",\"certificates\":" CERTIFICATES)},
    {"UserCertificateList",
     LIST("certificates",
	  OBJECT("\"certificate\",\"user\",\"label\",\"created\"",
		 "\"certificate\":" DIGEST ",\"user\":" TEXT ",\"label\":" TEXT ",\"created\":" NATURAL),
	  NEXT_TEXT)},
    {"StaffCredential", OBJECT("\"name\",\"roles\",\"credential\"",
			       "\"name\":" TEXT ",\"roles\":" ROLES ",\"credential\":" TEXT)},
    {"StaffState",
     OBJECT("\"name\",\"roles\",\"state\"", "\"name\":" TEXT ",\"roles\":" ROLES ",\"state\":" STATE_NAME)},
    {"StaffList",
     LIST("staff",
	  OBJECT("\"name\",\"roles\",\"state\",\"created\"",
		 "\"name\":" TEXT ",\"roles\":" ROLES ",\"state\":" STATE_NAME ",\"created\":" NATURAL),
	  NEXT_TEXT)},
    {"Approval", APPROVAL},
    {"ApprovalList", LIST("approvals", APPROVAL, NEXT_TEXT)},
    {"LockList", LIST("locks",
		      OBJECT("\"address\",\"application\",\"of\",\"failures\",\"wait\"",
			     "\"address\":" TEXT ",\"application\":" TEXT
			     ",\"of\":{\"enum\":[\"attempts\",\"challenges\"]},\"failures\":" NATURAL
			     ",\"wait\":" NATURAL),
		      NEXT_TEXT)},
    {"OutboxList",
     LIST("messages",
	  OBJECT("\"message\",\"kind\",\"user\",\"sent_to\",\"state\",\"attempts\",\"created\",\"due\","
		 "\"expires\"",
		 "\"message\":" TEXT ",\"kind\":" TEXT ",\"user\":" TEXT ",\"sent_to\":" TEXT
		 ",\"state\":{\"enum\":[\"waiting\",\"failed\"]},\"reason\":" TEXT ",\"attempts\":" NATURAL
		 ",\"created\":" NATURAL ",\"due\":" NATURAL ",\"expires\":" NATURAL),
	  NEXT_TEXT)},
    {"OutboxRetry",
     OBJECT("\"message\",\"state\"", "\"message\":" TEXT ",\"state\":{\"enum\":[\"waiting\"]}")},
    {"LockLifted",
     OBJECT("\"address\",\"lifted\"", "\"address\":" TEXT ",\"application\":" TEXT ",\"lifted\":" NATURAL)},
    {"Validate", "{\"type\":\"object\",\"required\":[\"id\",\"jsonrpc\",\"result\",\"detail\",\"version\"],"
		 "\"properties\":{\"result\":{\"type\":\"object\",\"required\":[\"status\"]}}}"},
    {"RadiusAttributes", "{\"type\":\"object\"}"},
};

const struct front_operation *front_operation(unsigned op)
{
	return &OPERATIONS[op];
}

const struct front_schema *front_schemas(size_t *count)
{
	*count = sizeof SCHEMAS / sizeof SCHEMAS[0];
	return SCHEMAS;
}
