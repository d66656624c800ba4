# node_(0) walks, changes its mind under way, stops, jumps and goes on; node_(1) stands
$node_(0) set X_ 10.0
$node_(0) set Y_ 0.0
$node_(0) set Z_ 0.0
$node_(1) set X_ 83.3
$node_(1) set Y_ -5.0
$ns_ at 10.0 "$node_(0) setdest 110.0 0.0 10.0"
$ns_ at 12.5 "$node_(0) setdest 35.0 40.0 0.5"
$ns_ at 22.5 "$node_(0) setdest 0.0 0.0 0.0"
$ns_ at 30.0 "$node_(0) set X_ 1000.0"
$ns_ at 30.0 "$node_(0) set Y_ 2000.0"
$ns_ at 30.0 "$node_(0) setdest 1000.0 2001.0 0.3333333"
