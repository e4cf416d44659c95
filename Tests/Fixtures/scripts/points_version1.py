"""Makes Tests/NeedletailPointsTests/Fixtures/version1.sqlite of a collection's database of version 2: a file as the first version wrote it.

    python points_version1.py collection.sqlite version1.sqlite

Version 1 kept one graph of a column; everything else was as in version 2.
"""

import shutil
import sqlite3
import sys

source, target = sys.argv[1:]
shutil.copyfile(source, target)
db = sqlite3.connect(target)
db.executescript(
    """
    DROP TABLE graph;
    CREATE TABLE graph (
      vectorColumn INTEGER PRIMARY KEY, file TEXT NOT NULL, rows INTEGER NOT NULL, operation INTEGER NOT NULL,
      bytes INTEGER NOT NULL, checksum INTEGER NOT NULL);
    INSERT INTO graph VALUES (0, '0-1.graph', 2, 1, 10, 11);
    DELETE FROM grdb_migrations WHERE identifier LIKE '2:%';
    PRAGMA user_version = 1;
    PRAGMA journal_mode = DELETE;
    VACUUM;
    """
)
db.close()
