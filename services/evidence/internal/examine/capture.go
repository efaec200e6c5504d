package examine

import (
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bep/imagemeta"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/clock"
)

var metaFormats = map[string]imagemeta.ImageFormat{
	"image/jpeg": imagemeta.JPEG, "image/png": imagemeta.PNG, "image/webp": imagemeta.WebP, "image/heic": imagemeta.HEIF,
}

// capture reads when and where a picture was taken, and how the camera was
// held; 1 is upright. What cannot be read is as good as not there.
func capture(f io.ReadSeeker, mediaType string) (c evidence.Capture, turned int) {
	turned = 1
	format, ok := metaFormats[mediaType]
	if !ok {
		return c, turned
	}
	var tags imagemeta.Tags
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: f, ImageFormat: format, Sources: imagemeta.EXIF, LimitNumTags: 2000, LimitTagSize: 10_000,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			switch t.Tag {
			case "DateTimeOriginal", "OffsetTimeOriginal", "Orientation", "GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef":
				return true
			}
			return false
		},
		HandleTag: func(t imagemeta.TagInfo) error { tags.Add(t); return nil },
		Warnf:     func(string, ...any) {},
	})
	exif := tags.EXIF()
	// The decoder of HEIC turns the picture itself, as the file says beside this.
	if n, ok := exif["Orientation"].Value.(uint16); ok && n >= 1 && n <= 8 && mediaType != "image/heic" {
		turned = int(n)
	}
	text := func(tag string) string {
		s, _ := exif[tag].Value.(string)
		return strings.Trim(s, "\x00 ")
	}
	c.TakenAt = taken(text("DateTimeOriginal"), text("OffsetTimeOriginal"))
	// Without its side of the equator or of Greenwich a number is no place.
	sides := text("GPSLatitudeRef") + text("GPSLongitudeRef")
	if lat, long, ok := place(tags); ok && slices.Contains([]string{"NE", "NW", "SE", "SW"}, sides) {
		c.Latitude, c.Longitude = &lat, &long
	}
	return c, turned
}

// place is where a picture was taken, if it says so believably.
func place(tags imagemeta.Tags) (lat, long float64, ok bool) {
	defer func() {
		if recover() != nil { // a value of another type than the format says
			ok = false
		}
	}()
	lat, long, err := tags.GetLatLong()
	if err != nil || math.IsNaN(lat) || math.IsNaN(long) || math.Abs(lat) > 90 || math.Abs(long) > 180 || (lat == 0 && long == 0) {
		return 0, 0, false
	}
	return lat, long, true
}

// taken reads a camera's time. Without an offset it is local time.
func taken(s, offset string) *time.Time {
	t, err := time.Parse("2006:01:02 15:04:05-07:00", s+offset)
	if err != nil {
		t, err = time.ParseInLocation("2006:01:02 15:04:05", s, clock.Shanghai)
	}
	if err != nil || t.Year() < 1990 || clock.Day(t) > clock.LastDay {
		return nil
	}
	t = t.UTC()
	return &t
}
