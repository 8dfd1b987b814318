"""A real PostgreSQL in the data folder, for those who set no DATABASE_URL.

    server        what the application sees: join the server that runs, or start one
    app_role      the role and the database the application works in
    folder        the files in the data folder, the lock, and who counts as a client
    connection    the file that tells port and passwords to whoever may read the folder
    launch        starting the supervisor
    supervisor    a process of its own that owns PostgreSQL and ends it after the last client
    watch         what the supervisor waits for
    postmaster    starting and stopping PostgreSQL
    cluster       where its files are
    creation      how they come to be
    program       running its other programs
    binaries      which `postgres` to run
    account       whom to run it as: it refuses root
    child         starting a process as somebody else that cannot outlive us
    errors        every failure in one line

The life of the server hangs on a FIFO in the data folder. Each client keeps it open for writing
and the supervisor for reading, so the kernel tells the supervisor when the last client is gone,
however it went. One lock is held while anybody joins, starts or stops; every PostgreSQL process
inherits another, so that what is left of a server that was killed is noticed before a new one
touches its files.
"""
