$ns_ at 1.0 "$node_(0) setdest 1 1 1"
$node_(1) set X_ 1
$node_(1) set Y_ 1
$node_(2) set X_ 1
$node_(2) set Y_ 1
$ns_ at 5.0 "$node_(2) setdest 1 1 1"
