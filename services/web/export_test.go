package web

// HandlerOf serves other files than the built ones.
var HandlerOf = handler

// Dist is what the web build made.
var Dist = dist
