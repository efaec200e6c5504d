package db

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/uptrace/bun"
)

// statementsOf gives the statements of a migration, in their order. It knows
// quotes, comments, dollar quotes and the bodies of SQLite's triggers.
func statementsOf(text string) []string {
	var out []string
	start, depth, trigger := 0, 0, false
	end := func(i int) {
		if s := strings.TrimSpace(text[start:i]); s != "" && code(s) != "" {
			out = append(out, s)
		}
		start, depth, trigger = i+1, 0, false
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			i += until(rest, "\n", 2)
		case strings.HasPrefix(rest, "/*"):
			i += until(rest, "*/", 2)
		case rest[0] == '\'' || rest[0] == '"':
			i += until(rest, rest[:1], 1) // a doubled one begins the next
		case dollar.MatchString(rest):
			tag := dollar.FindString(rest)
			i += until(rest, tag, len(tag))
		case name(rest[0]):
			w := strings.ToUpper(wordAt.FindString(rest))
			switch {
			case w == "TRIGGER" && strings.HasPrefix(strings.ToUpper(code(text[start:])), "CREATE"):
				trigger = true
			case trigger && (w == "BEGIN" || w == "CASE"):
				depth++
			case trigger && w == "END":
				depth--
			}
			i += len(w)
		case rest[0] == ';' && depth == 0:
			end(i)
			i++
		default:
			i++
		}
	}
	end(len(text))
	return out
}

var (
	dollar  = regexp.MustCompile(`^\$[A-Za-z_]*\$`)
	wordAt  = regexp.MustCompile(`^[A-Za-z_0-9\x80-\xff]+`)
	comment = regexp.MustCompile(`(?s)^(\s+|--[^\n]*(\n|$)|/\*.*?\*/)+`)
)

// code is a statement without what stands before its first word.
func code(s string) string { return comment.ReplaceAllString(s, "") }

// until is where the text after the first next stands, from the offset on.
func until(s, next string, from int) int {
	if i := strings.Index(s[from:], next); i >= 0 {
		return from + i + len(next)
	}
	return len(s)
}

// markedWithin is the name of the first migration that no version has ever
// applied without marking it in the same transaction.
const markedWithin = "20261130000000"

var makes = regexp.MustCompile(`(?i)^(?:CREATE\s+(?:UNIQUE\s+)?(TABLE|INDEX|TRIGGER|FUNCTION)\s+(\w+)|ALTER\s+TABLE\s+(\w+)\s+ADD\s+COLUMN\s+(\w+))`)

// madeBy names the tables, columns, indexes, triggers and functions that a
// migration makes, as "table people" or "column people.name".
func madeBy(text string) []string {
	var out []string
	for _, s := range statementsOf(text) {
		switch m := makes.FindStringSubmatch(code(s)); {
		case m == nil:
		case m[1] != "":
			out = append(out, strings.ToLower(m[1]+" "+m[2]))
		default:
			out = append(out, strings.ToLower("column "+m[3]+"."+m[4]))
		}
	}
	return out
}

const sqliteThings = `
	SELECT type || ' ' || name FROM sqlite_master
	UNION ALL SELECT 'column ' || m.name || '.' || c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'`

const postgresThings = `
	WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname = current_schema()),
	relations AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = (SELECT oid FROM mine) AND relkind IN ('r', 'i'))
	SELECT CASE relkind WHEN 'i' THEN 'index ' ELSE 'table ' END || relname FROM relations
	UNION ALL SELECT 'column ' || r.relname || '.' || a.attname FROM pg_attribute AS a JOIN relations AS r ON r.oid = a.attrelid
		WHERE r.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
	UNION ALL SELECT 'trigger ' || t.tgname FROM pg_trigger AS t JOIN relations AS r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
	UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = (SELECT oid FROM mine)`

// doneUnmarked tells whether a migration that has no mark was done all the
// same. Versions before this one committed the statements, in one transaction,
// and the mark in the next: killed between the two they left everything that
// the migration makes. Nothing of it there means that it waits; a part of it
// cannot come from such a death, and is left to a person.
func doneUnmarked(ctx context.Context, tx bun.Tx, text string) (bool, error) {
	wanted := madeBy(text)
	if len(wanted) == 0 {
		return false, nil // it only changes rows, which may be done again
	}
	query := sqliteThings
	if engineOf(tx) == Postgres {
		query = postgresThings
	}
	var things []string
	if err := tx.NewRaw(query).Scan(ctx, &things); err != nil {
		return false, fmt.Errorf("look for what is there: %w", err)
	}
	there := make(map[string]bool, len(things))
	for _, x := range things {
		there[x] = true
	}
	var have, lack []string
	for _, x := range wanted {
		if there[x] {
			have = append(have, x)
		} else {
			lack = append(lack, x)
		}
	}
	if len(have) > 0 && len(lack) > 0 {
		return false, errors.New("a part of what it makes is there already (" + strings.Join(have, ", ") +
			") and a part is not (" + strings.Join(lack, ", ") +
			"): this is not the work of an interrupted migration; see Upgrade in the runbook")
	}
	return len(lack) == 0, nil
}
