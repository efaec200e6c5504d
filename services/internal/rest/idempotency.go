package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
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

// again is how a command answers a key that was used before, by the input of
// now: with what is known of it anyhow. It is nil where the answer of the first
// time has to be kept.
//
// A command that answers nothing, or with the thing that it was about as it is
// after it, keeps none: the thing is read as it is now, by whoever asks now, with
// the rights that they have now. So the key alone is noted, in the transaction of
// the command, and there is no moment at which the command is done and its answer
// is lost. What makes something new, or tells what only it knows (a count, a
// report), has an answer that is known after its transaction only, is kept in a
// second one, and is lost with a process that dies between the two.
type again[I, O any] func(context.Context, *I) (*O, error)

// answersAgain finds how a command answers a key again. Operations may be
// registered in any order, so it is asked when the first request comes.
func answersAgain[I, O any](g *Group, op Op) again[I, O] {
	if reflect.TypeFor[O]().NumField() == 0 {
		return func(context.Context, *I) (*O, error) { return new(O), nil }
	}
	f, ok := reflect.TypeFor[I]().FieldByName("ID")
	if !ok || f.Tag.Get("path") != "id" || op.AnswersMore || op.Status == http.StatusCreated {
		return nil
	}
	for path, read := range g.reads {
		if read, ok := read.(func(context.Context, *ByID) (*O, error)); ok && (op.Path == path || strings.HasPrefix(op.Path, path+"/")) {
			return func(ctx context.Context, in *I) (*O, error) {
				return read(ctx, &ByID{ID: reflect.ValueOf(in).Elem().FieldByIndex(f.Index).String()})
			}
		}
	}
	return nil
}

// readsOne notes an operation that reads one thing, for answersAgain.
func (g *Group) readsOne(op Op, f any) {
	if op.Method == http.MethodGet && strings.HasSuffix(op.Path, "/{id}") {
		g.reads[op.Path] = f
	}
}

// keyed is a command that may come with a key.
type keyed[I, O any] struct {
	g     *Group
	op    Op
	run   func(context.Context, *I) (*O, error)
	again again[I, O]
}

// once runs the command unless the key of the request was used before; then it gives the answer of
// that time, or what again finds. The key is stored in the transaction of the
// command itself (see db.Once), so that a command is done exactly when its key is known.
func (c keyed[I, O]) once(ctx context.Context, in *I) (*O, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	k := keyRow{Key: digest(Actor(ctx).PersonID, c.op.ID, idempotencyKey(ctx)), RequestHash: digest(string(raw))}
	replayed := func() (*O, bool, error) {
		if c.again == nil {
			return replay[O](ctx, c.g, k)
		}
		row, err := known(ctx, c.g, k)
		if row == nil {
			return nil, false, err
		}
		out, err := c.again(ctx, in)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
			err = unknownOutcome()
		}
		return out, true, err
	}
	if out, ok, err := replayed(); ok || err != nil {
		return out, err
	}
	out, err := c.run(c.g.db.Once(ctx, k.mark), in)
	if errors.Is(err, errTaken) {
		if out, ok, err := replayed(); ok || err != nil {
			return out, err
		}
		return nil, unknownOutcome()
	}
	if err == nil && c.again == nil {
		err = c.keep(ctx, k, out)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// mark notes the key, and fails where it is known.
func (k keyRow) mark(ctx context.Context, tx bun.Tx) error {
	k.CreatedAt = time.Now().UTC()
	res, err := tx.NewInsert().Model(&k).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errTaken)
	}
	return nil
}

// keep stores the answer to a key.
func (c keyed[I, O]) keep(ctx context.Context, k keyRow, out *O) error {
	answer, err := json.Marshal(out)
	if err == nil {
		answer, err = json.Marshal(kept{Rights: rights(ctx), Answer: answer})
	}
	if err != nil {
		return err
	}
	err = c.g.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("response = ?", string(answer)).Where("key = ?", k.Key).Exec(ctx)
		return err
	})
	if err != nil {
		c.g.api.log.Warn("idempotency: answer not kept", "operation", c.op.ID, "error", err)
	}
	return nil
}

// known is the row of a key, nil when it is new.
func known(ctx context.Context, g *Group, k keyRow) (*keyRow, error) {
	var row keyRow
	err := g.db.Read().NewSelect().Model(&row).Where("key = ?", k.Key).Scan(ctx)
	switch {
	case db.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, db.Translate(err)
	case row.RequestHash != k.RequestHash:
		return nil, fault.New(fault.Invalid, "idempotency_mismatch", "This Idempotency-Key was used for another request. Use a new key for each command.")
	}
	return &row, nil
}

// inHand is how long a command whose key is known may take to give its answer.
const inHand = 5 * time.Second

// replay gives the answer that was kept for the key; false when the key is new.
// While the same command is in hand elsewhere it waits for it.
func replay[O any](ctx context.Context, g *Group, k keyRow) (*O, bool, error) {
	for {
		row, err := known(ctx, g, k)
		if row == nil {
			return nil, false, err
		}
		if row.Response != nil {
			var was kept
			if err := json.Unmarshal([]byte(*row.Response), &was); err != nil {
				return nil, true, err
			}
			if was.Rights != rights(ctx) {
				return nil, true, unknownOutcome()
			}
			out := new(O)
			return out, true, json.Unmarshal(was.Answer, out)
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
