"""What holds for everybody who changes people, the shell of the database included."""

from django.db import migrations, models

EPOCH = """
CREATE FUNCTION staff_user_rights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row saved whole from an older copy must not bring ended sessions back.
    NEW.session_epoch := greatest(NEW.session_epoch, OLD.session_epoch);
    IF (NEW.role, NEW.is_active, NEW.is_staff, NEW.is_superuser)
        IS DISTINCT FROM (OLD.role, OLD.is_active, OLD.is_staff, OLD.is_superuser)
    THEN
        NEW.session_epoch := NEW.session_epoch + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_user_rights BEFORE UPDATE ON staff_user
    FOR EACH ROW EXECUTE FUNCTION staff_user_rights();
"""
LAST = """
CREATE FUNCTION staff_user_last_superuser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.is_superuser AND OLD.is_active AND OLD.is_staff) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.is_superuser AND NEW.is_active AND NEW.is_staff THEN
            RETURN NULL;
        END IF;
    END IF;
    -- One at a time: of two who remove each other, the second sees what the first did.
    PERFORM pg_advisory_xact_lock(hashtext('staff_user_last_superuser'));
    IF NOT EXISTS (
        SELECT FROM staff_user WHERE is_superuser AND is_active AND is_staff
    ) THEN
        RAISE EXCEPTION 'the last superuser must stay'
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'staff_user_last_superuser';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER staff_user_last_superuser AFTER UPDATE OR DELETE ON staff_user
    FOR EACH ROW EXECUTE FUNCTION staff_user_last_superuser();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_sign_ins_and_throttles")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.RunSQL(EPOCH, "DROP FUNCTION staff_user_rights CASCADE"),
        migrations.RunSQL(LAST, "DROP FUNCTION staff_user_last_superuser CASCADE"),
    ]
