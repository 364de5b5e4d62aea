/* The list of all subcommands; those of one noun stand together. */
#include "client/command_table.h"
#include "client/command_advise.h"
#include "client/command_balance.h"
#include "client/command_calendar.h"
#include "client/command_catalogue.h"
#include "client/command_check.h"
#include "client/command_contract.h"
#include "client/command_day.h"
#include "client/command_escalation.h"
#include "client/command_help.h"
#include "client/command_import.h"
#include "client/command_incident.h"
#include "client/command_ledger.h"
#include "client/command_moves.h"
#include "client/command_partner.h"
#include "client/command_principal.h"
#include "client/command_report.h"
#include "client/command_server.h"
#include "client/command_shell.h"
#include "client/command_upgrade.h"
#include "client/command_usage.h"
#include "client/command_watch.h"
#include <stddef.h>

const struct command *const command_table[] = {
    &command_open,
    &command_check,
    &command_balance,
    &command_advise,
    &command_ledger,
    &command_ledger_verify,
    &command_usage_record,
    &command_show_incident,
    &command_list,
    &command_take,
    &command_next,
    &command_assign,
    &command_update,
    &command_note,
    &command_resolve,
    &command_close,
    &command_reopen,
    &command_credit,
    &command_merge,
    &command_escalate,
    &command_escalation_list,
    &command_escalation_acknowledge,
    &command_escalation_resolve,
    &command_escalation_withdraw,
    &command_import,
    &command_report,
    &command_partner_create,
    &command_partner_update,
    &command_partner_list,
    &command_partner_show,
    &command_contract_create,
    &command_contract_activate,
    &command_contract_renew,
    &command_contract_upgrade,
    &command_contract_top_up,
    &command_contract_cancel,
    &command_contract_show,
    &command_contract_list,
    &command_catalogue_show,
    &command_catalogue_apply,
    &command_calendar_show,
    &command_calendar_apply,
    &command_principal_create,
    &command_principal_disable,
    &command_principal_enable,
    &command_principal_list,
    &command_watch,
    &command_shell,
    &command_hello,
    &command_stats,
    &command_call,
    &command_completion,
    &command_help_topic,
    NULL,
};
