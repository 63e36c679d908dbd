"""What no program may do, said in the database itself.

Append-only tables, the pairs of statuses of `articles.workflow`, and closed issues.
"""

from django.db import migrations

from articles.migrations._status_rule import rule

APPEND_ONLY = ("revision", "move", "notice", "change")

APPEND = """
CREATE FUNCTION articles_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

PAIRS = [
    *(("draft", "in_edit"), ("draft", "killed")),
    *(("in_edit", "draft"), ("in_edit", "ready"), ("in_edit", "killed")),
    *(("ready", "draft"), ("ready", "live"), ("ready", "killed")),
    *(("live", "ready"), ("live", "killed")),
]
STATUS = f"""
{rule(PAIRS, seen="OLD.announced_at IS NOT NULL")}
CREATE TRIGGER articles_status_first BEFORE INSERT ON articles_article
    FOR EACH ROW EXECUTE FUNCTION articles_status_rule();
CREATE TRIGGER articles_status_next BEFORE UPDATE OF status ON articles_article
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION articles_status_rule();
"""

EVIDENCE = """
CREATE FUNCTION articles_evidence_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.until IS NULL
       AND (NEW.article_id, NEW.paragraph, NEW.version_id, NEW.role, NEW.note, NEW.since,
            NEW.by_id, NEW.at)
        IS NOT DISTINCT FROM
           (OLD.article_id, OLD.paragraph, OLD.version_id, OLD.role, OLD.note, OLD.since,
            OLD.by_id, OLD.at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'evidence can be ended once and never changed or deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER articles_evidence_kept BEFORE UPDATE OR DELETE ON articles_evidence
    FOR EACH ROW EXECUTE FUNCTION articles_evidence_rule();
"""

ISSUE = """
CREATE FUNCTION articles_closed_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the issue of % is closed', OLD.date
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER articles_issue_closed BEFORE UPDATE OR DELETE ON articles_issue
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL)
    EXECUTE FUNCTION articles_closed_issue();
"""


def _append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER articles_{table}_append_only"
        f" BEFORE UPDATE OR DELETE ON articles_{table}"
        " FOR EACH ROW EXECUTE FUNCTION articles_append_only()",
        f"DROP TRIGGER articles_{table}_append_only ON articles_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_public_time_search_and_autosaves")]

    operations = [
        migrations.RunSQL(APPEND, "DROP FUNCTION articles_append_only"),
        *map(_append_only, APPEND_ONLY),
        migrations.RunSQL(STATUS, "DROP FUNCTION articles_status_rule CASCADE"),
        migrations.RunSQL(EVIDENCE, "DROP FUNCTION articles_evidence_rule CASCADE"),
        migrations.RunSQL(ISSUE, "DROP FUNCTION articles_closed_issue CASCADE"),
    ]
