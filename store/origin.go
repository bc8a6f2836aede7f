package store

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
)

// ErrOtherTag means that this database has verifications, whose ids begin with another tag.
var ErrOtherTag = errors.New("this database has verifications under another tag")

// The id of a verification is its database's tag and 26 random characters, which are 130 bits. So whoever sees it
// at Stripe can tell whose it is: a colleague's database, and another app, share the account.
const (
	tagLength       = 8
	idLength        = tagLength + 26
	referenceLength = 8 // of the characters after the tag: enough to find one among those of one database
	idCharacters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// TagOf is the tag of the database that made the reference of a session; false: it has not the form of ours.
func TagOf(reference string) (tag string, ok bool) {
	if len(reference) != idLength || !madeOf(idCharacters, reference) {
		return "", false
	}
	return reference[:tagLength], true
}

func madeOf(characters, s string) bool { return strings.Trim(s, characters) == "" }

// Reference is what people are shown, and may read out: the beginning of what is random.
func (v Verification) Reference() string {
	return v.ID[min(tagLength, len(v.ID)):min(tagLength+referenceLength, len(v.ID))]
}

// ByReference lists the verifications that people know by a reference, in upper or lower case: hardly ever more than one.
func (db *DB) ByReference(ctx context.Context, reference string) ([]Verification, error) {
	from := strings.ToUpper(reference)
	if len(from) != referenceLength || !madeOf(idCharacters, from) {
		return nil, nil
	}
	tag, err := db.Tag(ctx)
	if err != nil {
		return nil, err
	}
	list, err := List(ctx, db, scanVerification, `SELECT `+verificationColumns+` FROM verifications v
		WHERE id > $1 AND id < $2 AND +livemode = $3`, tag+from, tag+from+"~", db.live)
	return list, because("find by reference", err)
}

// makeOrigin gives a new database its tag. Two processes that open it at once agree: the second finds one.
func (db *DB) makeOrigin(ctx context.Context, tx *Tx) error {
	return tx.Write(ctx, "give the database a tag", `INSERT INTO origin (one, tag, made_at) VALUES (1, $1, $2) ON CONFLICT (one) DO NOTHING`,
		rand.Text()[:tagLength], db.Now())
}

// Tag is what the ids of this database's verifications begin with. It is read each time: see TakeTag.
func (db *DB) Tag(ctx context.Context) (string, error) { return readTag(ctx, db) }

func readTag(ctx context.Context, q Querier) (string, error) {
	return value[string](ctx, q, "read tag", `SELECT tag FROM origin WHERE one = 1`)
}

// MadeAt is when the database was made, by our clock.
func (db *DB) MadeAt(ctx context.Context) (time.Time, error) {
	at, err := value[unix](ctx, db, "read when the database was made", `SELECT made_at FROM origin WHERE one = 1`)
	return time.Time(at), err
}

// newID is a new verification's.
func newID(ctx context.Context, tx *Tx) (string, error) {
	tag, err := readTag(ctx, tx)
	return tag + rand.Text(), err
}

// Empty says whether there is no verification, of either mode.
func Empty(ctx context.Context, q Querier) (bool, error) {
	return value[bool](ctx, q, "look for verifications", `SELECT NOT EXISTS (SELECT 1 FROM verifications WHERE id > '')`)
}

// TakeTag makes the tag this database's own, which then takes up where another one ended. Errors: ErrOtherTag.
func (db *DB) TakeTag(ctx context.Context, tag string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		own, err := readTag(ctx, tx)
		if err != nil || own == tag {
			return err
		}
		if empty, err := Empty(ctx, tx); err != nil {
			return err
		} else if !empty {
			return ErrOtherTag
		}
		return tx.Write(ctx, "take a tag", `UPDATE origin SET tag = $1 WHERE one = 1`, tag)
	})
}
