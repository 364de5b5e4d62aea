# conf/: the plans and the calendars that are shipped; entitled.conf is daemon/local.mk's.
dist_entitledconf_DATA += conf/catalogue.conf conf/calendars.conf
