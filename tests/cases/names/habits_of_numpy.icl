print maximum(1, 2), ceil(0.5), log10(3), square(2), isnan(1), zeros_like([1]), flip([1])
print size, inf, randint(3), clamp(1, 0, 1), str(3)
exit
help
