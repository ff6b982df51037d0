"""Time steps of training of recurrent layers: the second half of `networks`."""

import networks

networks.recurrent()
