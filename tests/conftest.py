"""For all tests: no other machine is asked.

`tools.suite` cuts the network off, for programs that tests start too. This stands for those who
call pytest themselves, and for systems where it cannot.
"""

from tools import network

network.refuse_others()
