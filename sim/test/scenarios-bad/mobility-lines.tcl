$node_(0) set X_ 1
$node_(1) set X_ 1
$ns_ at 1.0 "$node_(0) setdest 1 nan 1"
$ns_ at 1.0 "$node_(0) walks"
