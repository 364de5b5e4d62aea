# conf/: the plans, the calendars and the configuration of the mails that are shipped; entitled.conf is daemon/local.mk's.
dist_entitledconf_DATA += conf/catalogue.conf conf/calendars.conf conf/report.conf
