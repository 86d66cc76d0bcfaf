// The end of the scope that 00-open.js begins.
})();
