"""Versions of items are what a source sent: nothing may change or remove them."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION wire_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'wire_version is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER wire_version_append_only BEFORE UPDATE OR DELETE ON wire_version
  FOR EACH ROW EXECUTE FUNCTION wire_version_refuse();
"""
ALLOW = """
DROP TRIGGER wire_version_append_only ON wire_version;
DROP FUNCTION wire_version_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("wire", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
