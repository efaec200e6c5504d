package rest

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/rest"
)

// corrupted is the status that tus 1.0 gives to a wrong checksum.
const corrupted = 460

// describeUploads puts the tus endpoints, which Huma does not serve, into the
// document.
func describeUploads(g *rest.Group) {
	doc := g.Huma().OpenAPI()
	problem := doc.Components.Schemas.Schema(reflect.TypeFor[rest.Problem](), true, "Problem")
	text := &huma.Schema{Type: "string"}
	number := &huma.Schema{Type: "integer", Format: "int64"}
	in := func(name, doc, example string, required bool) *huma.Param {
		return &huma.Param{Name: name, In: "header", Description: doc, Required: required, Schema: text, Example: example}
	}
	version := in("Tus-Resumable", "Version of the protocol", "1.0.0", true)
	fileID := &huma.Param{Name: "id", In: "path", Required: true, Schema: text, Description: "Id of the upload, from its Location", Example: "01985b2e-7c1a-7000-8000-000000000001"}
	sum := in("Upload-Checksum", "sha1 or sha256 and the checksum of the bytes of this request in base64: they are kept only if it is right", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", false)
	offset := &huma.Param{Description: "Bytes the server has", Schema: number}
	receipt := func(also map[string]*huma.Param) map[string]*huma.Param {
		also["Upload-Expires"] = &huma.Param{Description: "When the upload is removed if nothing more comes, while it is not finished", Schema: text}
		also[fileHeader] = &huma.Param{Description: "Id of the file, once all its bytes are stored and recorded", Schema: text}
		also[hashHeader] = &huma.Param{Description: "SHA-256 of the file in hex, once it is received", Schema: text}
		also[sm3Header] = &huma.Param{Description: "SM3 digest of the file in hex, where the installation makes it: not with the last byte, but some time later, when asked again", Schema: text}
		also[timeHeader] = &huma.Param{Description: "Server time when the file was received, RFC 3339 in UTC. With id and hash it is the receipt that a unit can keep", Schema: text}
		return also
	}
	add := func(o huma.Operation, ok int, headers map[string]*huma.Param, errs ...int) {
		o.Tags = []string{"evidence"}
		o.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}
		o.Responses = map[string]*huma.Response{strconv.Itoa(ok): {Description: http.StatusText(ok), Headers: headers}}
		for _, e := range append([]int{401, 429, 500, 503}, errs...) {
			what := http.StatusText(e)
			if e == corrupted {
				what = "Checksum Mismatch"
			}
			o.Responses[strconv.Itoa(e)] = &huma.Response{
				Description: what, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
			}
		}
		doc.AddOperation(&o)
	}
	rights := map[string]any{"x-duban-resource": "file", "x-duban-action": "upload"}
	bytes := &huma.RequestBody{
		Description: "The bytes from Upload-Offset on",
		Content:     map[string]*huma.MediaType{"application/offset+octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
	add(huma.Operation{
		OperationID: "create-upload", Method: http.MethodPost, Path: uploadsPath, Summary: "Announce a file (tus 1.0)",
		Description: "Announces a file; its bytes follow with PATCH to the Location, in as many pieces as the network needs. " +
			"Upload-Metadata holds pairs of a name and a base64 value: `filename` (any language), `unit_id` (the unit the file belongs to; your own when absent), " +
			"`client_id` (your own id of the file: announcing it again answers the same upload or the finished file, never a second copy), " +
			"`assignment_id` and `requirement_id` (what the file is for: needed for a file with macros or a password, which is taken only where the requirement allows it; the unit is then that of the assignment). " +
			"The first bytes may come along (creation-with-upload). The largest file is 2 GiB; an empty one is refused with 422. 413 quota_exceeded: the person or the unit has no room left. 429 too_many_uploads: the person has begun 50 and not finished them; one to which nothing has come for an hour makes room for another. 503 storage_full: what remains of the disk is kept for finishing and reviewing.",
		Parameters: []*huma.Param{version,
			in("Upload-Length", "Size of the file in bytes", "482113", true),
			in("Upload-Metadata", "filename, unit_id, client_id, assignment_id, requirement_id, each with its value in base64", "filename 54Wn54mHLmpwZw==,client_id YTFiMmMz", false), sum},
		Extensions: rights,
	}, 201, receipt(map[string]*huma.Param{"Location": {Description: "Path of the upload", Schema: text}, "Upload-Offset": offset}), 403, 409, 412, 413, 415, 422, corrupted)
	add(huma.Operation{
		OperationID: "get-upload-offset", Method: http.MethodHead, Path: uploadsPath + "/{id}", Summary: "Ask how far an upload has got (tus 1.0)",
		Description: "Tells how many bytes the server has, to go on from there after a break. Only the owner sees an upload.",
		Parameters:  []*huma.Param{fileID, version}, Extensions: rights,
	}, 200, receipt(map[string]*huma.Param{"Upload-Offset": offset, "Upload-Length": {Description: "Size of the file", Schema: number}}), 403, 404, 409, 412, 415, 422)
	add(huma.Operation{
		OperationID: "append-upload", Method: http.MethodPatch, Path: uploadsPath + "/{id}", Summary: "Send bytes of an upload (tus 1.0)",
		Description: "Appends bytes at Upload-Offset. The answer to the last byte comes only when the file is stored durably, hashed, checked and recorded; it carries the file's id and hash. " +
			"409: another offset than the server's. 460: the bytes are not those of Upload-Checksum, and none were kept; a piece with a checksum is kept whole or not at all. 413: more bytes than announced. 415 and 422: the file is not taken; the code says why (file_type_refused, file_type_mismatch, file_damaged, file_limits, file_mixed, file_encrypted, file_active). 503 storage_full: nothing beyond the offset was stored; storage_away: the bytes are all there, ask with HEAD until the file is received.",
		Parameters:  []*huma.Param{fileID, version, in("Upload-Offset", "Bytes the server has", "0", true), sum},
		RequestBody: bytes, Extensions: rights,
	}, 204, receipt(map[string]*huma.Param{"Upload-Offset": offset}), 403, 404, 409, 412, 413, 415, 422, corrupted)
	add(huma.Operation{
		OperationID: "delete-upload", Method: http.MethodDelete, Path: uploadsPath + "/{id}", Summary: "Give an upload up (tus 1.0)",
		Description: "Removes an upload that is not finished, with its bytes. A received file cannot be deleted.",
		Parameters:  []*huma.Param{fileID, version}, Extensions: rights,
	}, 204, nil, 403, 404, 409, 412)
	add(huma.Operation{
		OperationID: "upload-options", Method: http.MethodOptions, Path: uploadsPath, Summary: "Ask what uploads can do (tus 1.0)",
		Description: "Names the version, the extensions and the largest size, in headers.",
	}, 200, map[string]*huma.Param{
		"Tus-Version":            {Description: "Versions of the protocol", Schema: text},
		"Tus-Extension":          {Description: "Extensions offered", Schema: text},
		"Tus-Checksum-Algorithm": {Description: "Algorithms of Upload-Checksum", Schema: text},
		"Tus-Max-Size":           {Description: "Largest file in bytes", Schema: number},
	})
}
