package Assay::Sum;
# Adds numbers; programs of the tests load it from the image.
use strict;
use warnings;

sub sum { my $total = 0; $total += $_ for @_; return $total }

1;
