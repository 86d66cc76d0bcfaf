// All files of this folder are joined in the order of their names, into one scope that this file opens and 99-close.js closes.
(function () {
"use strict";
