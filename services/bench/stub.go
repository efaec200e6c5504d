package main

import "context"

func (b *bench) authorization() error                                                    { return nil }
func (b *bench) wholeCountry(ctx context.Context) error                                  { return nil }
func (b *bench) compare(ctx context.Context, large *installation, campaign string) error { return nil }
func (b *bench) lag(ctx context.Context, large *installation, campaign string) error     { return nil }
func (b *bench) warmStart(ctx context.Context, large *installation) error                { return nil }
