package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/uptrace/bun"
)

// keepKeys is how long an Idempotency-Key is remembered.
const keepKeys = 7 * 24 * time.Hour

type keyRow struct {
	bun.BaseModel `bun:"table:idempotency_keys"`

	Key         string `bun:",pk"`
	RequestHash string
	Response    *string
	CreatedAt   time.Time
}

var errTaken = errors.New("idempotency key is taken")

// once runs f unless the key of the request was used before; then it gives the answer of
// that time. The key is stored in the transaction of the command itself, so
// that a command is done exactly when its key is known.
func once[I, O any](ctx context.Context, g *Group, op Op, in *I, f func(context.Context, *I) (*O, error)) (*O, error) {
	key := idempotencyKey(ctx)
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	hash := digest(string(raw))
	scoped := digest(Actor(ctx).PersonID, op.ID, key)
	if out, found, err := replay[O](ctx, g, scoped, hash); found || err != nil {
		return out, err
	}
	guarded := db.WithGuard(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewInsert().Model(&keyRow{Key: scoped, RequestHash: hash, CreatedAt: time.Now().UTC()}).
			On("CONFLICT DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errTaken)
		}
		return nil
	})
	out, err := f(guarded, in)
	if errors.Is(err, errTaken) {
		if out, found, err := replay[O](ctx, g, scoped, hash); found || err != nil {
			return out, err
		}
		return nil, unknownOutcome()
	}
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(out)
	if err == nil {
		answer, err = json.Marshal(kept{Rights: rights(ctx), Answer: answer})
	}
	if err != nil {
		return nil, err
	}
	err = g.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("response = ?", string(answer)).Where("key = ?", scoped).Exec(ctx)
		return err
	})
	if err != nil {
		g.api.log.Warn("idempotency: answer not kept", "operation", op.ID, "error", err)
	}
	return out, nil
}

// inHand is how long a command whose key is known may take to give its answer.
const inHand = 5 * time.Second

// replay gives the answer that was given for the key before; false when the
// key is new. While the same command is in hand elsewhere it waits for it.
func replay[O any](ctx context.Context, g *Group, scoped, hash string) (*O, bool, error) {
	for {
		var row keyRow
		err := g.db.Read().NewSelect().Model(&row).Where("key = ?", scoped).Scan(ctx)
		if db.NoRows(err) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, db.Translate(err)
		}
		if row.RequestHash != hash {
			return nil, true, fault.New(fault.Invalid, "idempotency_mismatch", "This Idempotency-Key was used for another request. Use a new key for each command.")
		}
		if row.Response != nil {
			var k kept
			if err := json.Unmarshal([]byte(*row.Response), &k); err != nil {
				return nil, true, err
			}
			if k.Rights != rights(ctx) {
				return nil, true, unknownOutcome()
			}
			out := new(O)
			return out, true, json.Unmarshal(k.Answer, out)
		}
		if time.Since(row.CreatedAt) > inHand {
			return nil, true, unknownOutcome()
		}
		select {
		case <-ctx.Done():
			return nil, true, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func unknownOutcome() error {
	return fault.New(fault.Conflict, "idempotency_unknown", "This command was carried out, but its answer can no longer be given. Read the resource to see the result.")
}

// kept is an answer with the rights it was given to: whoever has others now is
// not shown again what they may no longer see.
type kept struct {
	Rights string
	Answer json.RawMessage
}

func rights(ctx context.Context) string {
	a := Actor(ctx)
	parts := []string{a.UnitPath}
	for _, g := range a.Grants {
		parts = append(parts, g.Role+" "+g.UnitPath+" "+g.Level)
	}
	slices.Sort(parts[1:])
	return digest(parts...)
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ForgetKeys removes keys that are older than a week.
func ForgetKeys(ctx context.Context, d *db.DB) error {
	return d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*keyRow)(nil)).Where("created_at < ?", time.Now().UTC().Add(-keepKeys)).Exec(ctx)
		return err
	})
}
