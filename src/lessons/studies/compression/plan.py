"""How long the runs of the study take."""

N_TICKET, N_AFTER, N_ADAPT, N_STUDENT = 150, 40, 60, 200  # steps
