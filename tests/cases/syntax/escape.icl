print "50\% and \q", "ok \n"
